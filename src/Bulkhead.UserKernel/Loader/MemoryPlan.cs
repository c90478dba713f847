using System;
using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;

namespace Bulkhead.UserKernel.Loader;

/// <summary>Where an image goes, and the host calls that put it there. Addresses are chosen here: a fresh cell holds nothing but the gate.</summary>
internal sealed class MemoryPlan
{
    private const ulong ProgramBase = 0x5555_5555_4000, InterpreterBase = 0x7e00_0000_0000, StackBase = 0x7d00_0000_0000;
    private const ulong PageSize = ElfFile.PageSize, RandomPages = 1 << 26;
    private const ulong Read = 1, Write = 2, Execute = 4;
    private const ulong Private = 2, Fixed = 0x10, Anonymous = 0x20, NoReserve = 0x4000, Stack = 0x20000, NoReplace = 0x100000;

    public List<HostOp> Ops { get; } = [];

    /// <summary>Ranges that must read as zero: from the file's end to its page's end (ld.so allocates there).</summary>
    public List<(ulong Address, int Count)> Zeroes { get; } = [];

    public ulong ProgramBias { get; private set; }

    public ulong InterpreterBias { get; private set; }

    public ulong StackTop { get; private set; }

    public ulong StackSize { get; private set; }

    public ulong Heap { get; private set; }

    public static MemoryPlan Make(ExecImage image, ulong stackSize)
    {
        var plan = new MemoryPlan();
        plan.ProgramBias = image.Program.IsPositionIndependent ? ProgramBase + RandomOffset() : 0;
        plan.Map(image.Program, plan.ProgramBias);
        plan.Heap = plan.ProgramBias + image.Program.Span.High;
        if (image.Interpreter is { } interpreter)
        {
            plan.InterpreterBias = InterpreterBase + RandomOffset();
            plan.Map(interpreter, plan.InterpreterBias);
        }
        ulong size = Math.Clamp((stackSize + PageSize - 1) & ~(PageSize - 1), 256 << 10, 256 << 20);
        ulong low = StackBase + RandomOffset();
        plan.Ops.Add(new HostOp(SysNr.mmap, low, size, Read | Write | (image.Program.HasExecutableStack ? Execute : 0), Private | Anonymous | NoReserve | Stack | NoReplace, ulong.MaxValue));
        plan.StackTop = low + size;
        plan.StackSize = size;
        return plan;
    }

    private static ulong RandomOffset() => HostRandom.Next() % RandomPages * PageSize;

    private void Map(ElfFile elf, ulong bias)
    {
        (ulong low, ulong high) = elf.Span;
        // One hole for all, so that nothing else comes between.
        Ops.Add(new HostOp(SysNr.mmap, bias + low, high - low, 0, Private | Anonymous | NoReserve | NoReplace, ulong.MaxValue));
        foreach (Segment segment in elf.Segments)
            Map(elf, segment, bias);
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
