using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;

namespace Bulkhead.UserKernel.Texts;

/// <summary>
/// A part of a file with its call sites rewritten, and their trampolines behind it, in a sealed memory file: one for all processes that map it.
/// Position-independent, as the trampolines are always mapped at the same distance.
/// </summary>
internal sealed unsafe class SharedText
{
    private const ulong ReadExecute = 5, Private = 2, Fixed = 0x10, NoReplace = 0x100000;
    private string lastName;
    private bool isDropped;

    private SharedText(Fd file, Fd source, in TextKey key, ulong jumpsSize)
    {
        File = file;
        Source = source;
        Key = key;
        JumpsSize = jumpsSize;
        lastName = "";
    }

    /// <summary>Open for reading only.</summary>
    public Fd File { get; }

    /// <summary>The file that it stands for.</summary>
    private Fd Source { get; }

    public TextKey Key { get; }

    public ulong JumpsSize { get; }

    public ulong Size => Key.Length + JumpsSize;

    public static ulong JumpsOf(ulong text, ulong length) => text + length + TextSites.Distance;

    /// <summary>What a cell does to have it at <paramref name="address"/>. The first fails where something lies in the trampolines' place.</summary>
    public HostOp[] Ops(ulong address, ulong flags, int fd) =>
    [
        new HostOp(SysNr.mmap, JumpsOf(address, Key.Length), JumpsSize, ReadExecute, Private | NoReplace, 0, Key.Length, fd),
        new HostOp(SysNr.mmap, address, Key.Length, ReadExecute, flags | Private | Fixed, 0, 0, fd),
    ];

    /// <summary>Where the file lies now, as the host calls it.</summary>
    public string Name
    {
        get
        {
            if (!isDropped && HostFiles.DescriptorName(Source.Value, out string name) > 0)
                lastName = name;
            return lastName;
        }
    }

    /// <summary>Processes that have it keep it; no other gets it.</summary>
    public void Drop()
    {
        _ = Name;
        isDropped = true;
        File.Dispose();
        Source.Dispose();
    }

    /// <summary>Null: the part has no call sites, it changed meanwhile, or the host has no memory.</summary>
    public static SharedText? Make(int source, in TextKey key, int number, ulong gate)
    {
        long kept = HostFiles.Plain(SysNr.fcntl, source, Fcntl.F_DUPFD_CLOEXEC, 0);
        if (kept < 0)
            return null;
        var original = new Fd((int)kept);
        Result<Fd> memory = Sys.MemfdCreate(string.Create(CultureInfo.InvariantCulture, $"text-{number}"), Memfd.MFD_ALLOW_SEALING, executable: false);
        Fd? sealedFile = null;
        ulong jumps = 0;
        if (memory.Ok)
        {
            using Fd written = memory.Value;
            jumps = Fill(original, written, key, gate);
            if (jumps != 0 && HostFiles.Stat(original.Value, out stat after) == 0 && TextKey.Of(after, key.Offset, key.Length) == key)
                sealedFile = Seal(written);
        }
        if (sealedFile is null)
            original.Dispose();
        return sealedFile is null ? null : new SharedText(sealedFile, original, key, jumps);
    }

    /// <summary>Read once into the memory file, and changed there: a look at the file's own pages could end in a fault. How large the trampolines are; 0: there are none.</summary>
    private static ulong Fill(Fd original, Fd written, in TextKey key, ulong gate)
    {
        int length = (int)key.Length;
        if (Sys.Truncate(written, length) != Errno.None)
            return 0;
        nint mapped = HostMemory.MapFile(written, length);
        if (mapped is < 0 and >= -4095)
            return 0;
        // SAFETY: the mapping is that long, and the memory file as well; nobody else has it.
        List<TextSite> sites = ReadAll(original, (byte*)mapped, length, (long)key.Offset) ? TextSites.Find(new ReadOnlySpan<byte>((byte*)mapped, length)) : [];
        HostMemory.Unmap(mapped, length);
        int size = (sites.Count + TextSites.JumpsPerPage - 1) / TextSites.JumpsPerPage * TextKey.PageSize;
        if (size == 0 || Sys.Truncate(written, length + size) != Errno.None)
            return 0;
        mapped = HostMemory.MapFile(written, length + size);
        if (mapped is < 0 and >= -4095)
            return 0;
        TextSites.Rewrite(new Span<byte>((byte*)mapped, length), new Span<byte>((byte*)mapped + length, size), sites, gate);
        HostMemory.Unmap(mapped, length + size);
        return (ulong)size;
    }

    /// <summary>Behind the file's end are zeroes, as in a mapping.</summary>
    private static bool ReadAll(Fd file, byte* to, int length, long offset)
    {
        for (int done = 0; done < length;)
        {
            long got = HostFiles.Read(file.Value, to + done, length - done, offset + done);
            if (got < 0)
                return false;
            if (got == 0)
                break;
            done += (int)got;
        }
        return true;
    }

    /// <summary>From now on nobody can change it; who gets it cannot even ask.</summary>
    private static Fd? Seal(Fd written)
    {
        const int Seals = Fcntl.F_SEAL_SEAL | Fcntl.F_SEAL_SHRINK | Fcntl.F_SEAL_GROW | Fcntl.F_SEAL_WRITE;
        if (Sys.FileControl(written, Fcntl.F_ADD_SEALS, Seals).Error != Errno.None)
            return null;
        Result<Fd> reopened = Sys.OpenAt(Fd.Cwd, string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{written.Value}"), Fcntl.O_RDONLY);
        return reopened.Ok ? reopened.Value : null;
    }
}
