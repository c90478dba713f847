using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.UserKernel.Cells;

namespace Bulkhead.UserKernel.Loader;

/// <summary>A PT_LOAD segment (elf(5)).</summary>
internal readonly record struct Segment(ulong Address, ulong Offset, ulong FileSize, ulong MemorySize, uint Flags);

/// <summary>The headers of an x86-64 ELF file: hostile input, checked as Linux's binfmt_elf does.</summary>
internal sealed class ElfFile
{
    public const ulong PageSize = 4096;
    private const int HeaderSize = 64, EntrySize = 56, MostEntries = 512;
    private const ushort Executable = 2, Shared = 3, MachineX8664 = 62;
    /// <summary>What is read of a file at once: the headers of nearly every program lie there.</summary>
    public const int HeadSize = 1024;

    private const uint Load = 1, Interpreter = 3, Headers = 6, StackHeader = 0x6474e551;

    public required Fd File { get; init; }

    public bool IsPositionIndependent { get; private set; }

    public ulong Entry { get; private set; }

    public ulong HeadersAddress { get; private set; }

    public int HeaderCount { get; private set; }

    /// <summary>PT_GNU_STACK asks for a stack that can be executed.</summary>
    public bool HasExecutableStack { get; private set; }

    public List<Segment> Segments { get; } = [];

    public byte[]? InterpreterPath { get; private set; }

    /// <summary>First page and end of all segments.</summary>
    public (ulong Low, ulong High) Span
    {
        get
        {
            ulong low = ulong.MaxValue, high = 0;
            foreach (Segment segment in Segments)
            {
                low = Math.Min(low, segment.Address & ~(PageSize - 1));
                high = Math.Max(high, segment.Address + segment.MemorySize);
            }
            return (low, (high + PageSize - 1) & ~(PageSize - 1));
        }
    }

    private byte[] head = [];

    /// <summary>0, or ENOEXEC and the like. <paramref name="head"/>: what the file begins with, up to <see cref="HeadSize"/> bytes.</summary>
    public static long Read(Fd file, byte[] head, out ElfFile? elf)
    {
        elf = null;
        if (head.Length < HeaderSize || !head.AsSpan(0, 7).SequenceEqual("\x7f\x45\x4c\x46\x02\x01\x01"u8))
            return Fail.ENOEXEC;
        ReadOnlySpan<byte> header = head;
        ushort type = MemoryMarshal.Read<ushort>(header[16..]);
        int count = MemoryMarshal.Read<ushort>(header[56..]);
        if (type is not (Executable or Shared) || MemoryMarshal.Read<ushort>(header[18..]) != MachineX8664
            || MemoryMarshal.Read<ushort>(header[54..]) != EntrySize || count is 0 or > MostEntries)
            return Fail.ENOEXEC;
        var result = new ElfFile { File = file, IsPositionIndependent = type == Shared, Entry = MemoryMarshal.Read<ulong>(header[24..]), HeaderCount = count, head = head };
        long error = result.ReadEntries(MemoryMarshal.Read<ulong>(header[32..]));
        result.head = [];
        elf = error == 0 ? result : null;
        return error;
    }

    private long ReadEntries(ulong offset)
    {
        byte[] table = new byte[HeaderCount * EntrySize];
        if (!ReadAt(offset, table))
            return Fail.ENOEXEC;
        for (int i = 0; i < HeaderCount; i++)
        {
            ReadOnlySpan<byte> entry = table.AsSpan(i * EntrySize, EntrySize);
            uint type = MemoryMarshal.Read<uint>(entry);
            var segment = new Segment(MemoryMarshal.Read<ulong>(entry[16..]), MemoryMarshal.Read<ulong>(entry[8..]),
                MemoryMarshal.Read<ulong>(entry[32..]), MemoryMarshal.Read<ulong>(entry[40..]), MemoryMarshal.Read<uint>(entry[4..]));
            long error = type switch
            {
                Load => AddSegment(segment, offset),
                Interpreter => ReadInterpreter(segment),
                Headers => SetHeaders(segment),
                StackHeader => SetStack(segment),
                _ => 0,
            };
            if (error != 0)
                return error;
        }
        return Segments.Count == 0 ? Fail.ENOEXEC : 0;
    }

    /// <summary>All of <paramref name="to"/>, or false.</summary>
    private bool ReadAt(ulong offset, Span<byte> to)
    {
        if (offset > (ulong)head.Length || (ulong)to.Length > (ulong)head.Length - offset)
            return Sys.ReadAt(File, to, (long)offset) is { Ok: true } length && length.Value == to.Length;
        head.AsSpan((int)offset, to.Length).CopyTo(to);
        return true;
    }

    private long SetHeaders(Segment segment)
    {
        HeadersAddress = segment.Address;
        return 0;
    }

    private long SetStack(Segment segment)
    {
        HasExecutableStack = (segment.Flags & 1) != 0;
        return 0;
    }

    private long AddSegment(Segment segment, ulong tableOffset)
    {
        const ulong Highest = 0x7fff_ffff_f000;
        if (segment.FileSize > segment.MemorySize || segment.MemorySize > Highest || segment.Address > Highest - segment.MemorySize
            || (segment.Address - segment.Offset) % PageSize != 0 || segment.Offset > long.MaxValue - segment.FileSize)
            return Fail.ENOEXEC;
        if (!IsPositionIndependent && segment.Address + segment.MemorySize > GateLayout.GateBase && segment.Address < GateLayout.GateEnd)
            return Fail.ENOEXEC;
        if (segment.MemorySize == 0)
            return 0;
        Segments.Add(segment);
        if (HeadersAddress == 0 && tableOffset >= segment.Offset && tableOffset < segment.Offset + segment.FileSize)
            HeadersAddress = segment.Address + (tableOffset - segment.Offset);
        return 0;
    }

    private long ReadInterpreter(Segment segment)
    {
        if (segment.FileSize is < 2 or > 4096)
            return Fail.ENOEXEC;
        byte[] path = new byte[segment.FileSize];
        if (!ReadAt(segment.Offset, path) || path[^1] != 0)
            return Fail.ENOEXEC;
        InterpreterPath = path[..^1];
        return 0;
    }

    public override string ToString() => $"{Segments.Count} segments, entry {Entry:x}, interpreter {(InterpreterPath is null ? "none" : Encoding.UTF8.GetString(InterpreterPath))}";
}
