using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Texts;

namespace Bulkhead.UserKernel.Loader;

/// <summary>Where an image goes, and the host calls that put it there. Addresses are chosen here: a fresh cell holds nothing but the gate.</summary>
internal sealed class MemoryPlan
{
    private const ulong ProgramBase = 0x5555_5555_4000, InterpreterBase = 0x7e00_0000_0000, StackBase = 0x7d00_0000_0000;
    private const ulong PageSize = ElfFile.PageSize, RandomPages = 1 << 26;
    private const ulong Read = 1, Write = 2, Execute = 4;
    private const ulong Private = 2, Fixed = 0x10, Anonymous = 0x20, NoReserve = 0x4000, Stack = 0x20000, NoReplace = 0x100000;

    private readonly List<Fd> files = [];

    public List<HostOp> Ops { get; } = [];

    /// <summary>Ranges that must read as zero: from the file's end to its page's end (ld.so allocates there).</summary>
    public List<(ulong Address, int Count)> Zeroes { get; } = [];

    public ulong ProgramBias { get; private set; }

    public ulong InterpreterBias { get; private set; }

    public ulong StackTop { get; private set; }

    public ulong StackSize { get; private set; }

    public ulong Heap { get; private set; }

    /// <summary>Where the interpreter lies, and the trampolines of its text where that is shared.</summary>
    public (ulong Start, ulong End) Loader { get; private set; }

    public (ulong Start, ulong End) LoaderJumps { get; private set; }

    /// <param name="image">What is executed.</param>
    /// <param name="stackSize">The limit.</param>
    /// <param name="find">A rewritten text in the place of a file's pages, by offset and length; null: none.</param>
    public static MemoryPlan Make(ExecImage image, ulong stackSize, Func<ElfFile, ulong, ulong, SharedText?> find)
    {
        var plan = new MemoryPlan();
        plan.ProgramBias = image.Program.IsPositionIndependent ? ProgramBase + RandomOffset() : 0;
        (_, ulong jumpsEnd) = plan.Map(image.Program, plan.ProgramBias, find);
        // The heap must be able to grow: it begins above the trampolines.
        plan.Heap = Math.Max(plan.ProgramBias + image.Program.Span.High, jumpsEnd);
        if (image.Interpreter is { } interpreter)
        {
            plan.InterpreterBias = InterpreterBase + RandomOffset();
            plan.LoaderJumps = plan.Map(interpreter, plan.InterpreterBias, find);
            plan.Loader = (plan.InterpreterBias + interpreter.Span.Low, plan.InterpreterBias + interpreter.Span.High);
        }
        ulong size = Math.Clamp((stackSize + PageSize - 1) & ~(PageSize - 1), 256 << 10, 256 << 20);
        ulong low = StackBase + RandomOffset();
        plan.Ops.Add(new HostOp(SysNr.mmap, low, size, Read | Write | (image.Program.HasExecutableStack ? Execute : 0), Private | Anonymous | NoReserve | Stack | NoReplace, ulong.MaxValue));
        plan.StackTop = low + size;
        plan.StackSize = size;
        return plan;
    }

    private static ulong RandomOffset() => HostRandom.Next() % RandomPages * PageSize;

    /// <summary>The ops are done, or will not be.</summary>
    public void Close()
    {
        foreach (Fd file in files)
            file.Dispose();
        files.Clear();
    }

    /// <summary>Where trampolines lie; (0, 0): there are none.</summary>
    private (ulong Start, ulong End) Map(ElfFile elf, ulong bias, Func<ElfFile, ulong, ulong, SharedText?> find)
    {
        (ulong low, ulong high) = elf.Span;
        // One hole for all, so that nothing else comes between.
        Ops.Add(new HostOp(SysNr.mmap, bias + low, high - low, 0, Private | Anonymous | NoReserve | NoReplace, ulong.MaxValue));
        (Segment place, SharedText? text) = FindShared(elf, find);
        // A file of our own: the ops may take more than one answer, and the cache may drop its file meanwhile.
        long kept = text is null ? Fail.EBADF : HostFiles.Plain(SysNr.fcntl, text.File.Value, Fcntl.F_DUPFD_CLOEXEC, 0);
        foreach (Segment segment in elf.Segments)
        {
            if (kept < 0 || segment != place)
                Map(elf, segment, bias);
        }
        if (kept < 0)
            return default;
        files.Add(new Fd((int)kept));
        ulong start = bias + (place.Address & ~(PageSize - 1)), jumps = SharedText.JumpsOf(start, text!.Key.Length);
        Ops.AddRange(text.Ops(start, Private, (int)kept));
        return (jumps, jumps + text.JumpsSize);
    }

    /// <summary>
    /// The rewritten text of a segment, where one is there. A fresh cell has nothing in the trampolines' place but what the image itself may have there:
    /// two texts of one image could get into each other's way.
    /// </summary>
    private static (Segment Place, SharedText? Text) FindShared(ElfFile elf, Func<ElfFile, ulong, ulong, SharedText?> find)
    {
        List<Segment> texts = elf.Segments.FindAll(segment => (segment.Flags & 1) != 0);
        if (texts.Count != 1 || (texts[0].Flags & 7) != 5)
            return default;
        Segment text = texts[0];
        ulong start = text.Address & ~(PageSize - 1), end = (text.Address + text.FileSize + PageSize - 1) & ~(PageSize - 1);
        bool isAlone = elf.Segments.TrueForAll(other => other == text || (other.Address & ~(PageSize - 1)) >= end || other.Address + other.MemorySize <= start);
        if (text.FileSize == 0 || text.FileSize != text.MemorySize || !isAlone || SharedText.JumpsOf(start, end - start) < elf.Span.High)
            return default;
        return (text, find(elf, text.Offset - (text.Address - start), end - start));
    }

    private void Map(ElfFile elf, Segment segment, ulong bias)
    {
        ulong protection = ((segment.Flags & 4) != 0 ? Read : 0) | ((segment.Flags & 2) != 0 ? Write : 0) | ((segment.Flags & 1) != 0 ? Execute : 0);
        ulong start = segment.Address & ~(PageSize - 1), skew = segment.Address - start;
        ulong fileEnd = segment.Address + segment.FileSize, end = segment.Address + segment.MemorySize;
        ulong filePages = segment.FileSize == 0 ? start : (fileEnd + PageSize - 1) & ~(PageSize - 1);
        if (segment.FileSize > 0)
            Ops.Add(new HostOp(SysNr.mmap, bias + start, filePages - start, protection, Private | Fixed, 0, segment.Offset - skew, elf.File.Value));
        if (end > filePages)
            Ops.Add(new HostOp(SysNr.mmap, bias + filePages, end - filePages, protection, Private | Anonymous | Fixed, ulong.MaxValue));
        if ((segment.Flags & 2) != 0 && fileEnd < filePages && segment.MemorySize > segment.FileSize)
            Zeroes.Add((bias + fileEnd, (int)(filePages - fileEnd)));
    }
}
