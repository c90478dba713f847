namespace Bulkhead.UserKernel.Tasks;

/// <summary>Small attributes that a fork copies; immutable, replaced as a whole.</summary>
internal sealed record ProcessTraits
{
    public static ProcessTraits Usual { get; } = new();

    public static ProcessTraits Initial(KernelOptions options) =>
        Usual with { Personality = options.Personality, OomAdjust = options.OomScoreAdj, OomAdjustFloor = options.OomScoreAdj };

    /// <summary>personality(2).</summary>
    public uint Personality { get; init; }

    /// <summary>PR_SET_DUMPABLE: 0 also hides the process's /proc from others of its user.</summary>
    public int Dumpable { get; init; } = 1;

    /// <summary>/proc/PID/oom_score_adj.</summary>
    public int OomAdjust { get; init; }

    /// <summary>The least that a process without CAP_SYS_RESOURCE may go back to.</summary>
    public int OomAdjustFloor { get; init; }

    /// <summary>/proc/PID/coredump_filter (core(5)).</summary>
    public uint CoreFilter { get; init; } = 0x33;

    public bool HugePagesDisabled { get; init; }

    public uint LoginUid { get; init; } = uint.MaxValue;

    /// <summary>execve(2): a new image may be dumped again, unless it may not be read.</summary>
    public ProcessTraits ForExec(bool isUnreadable)
    {
        int dumpable = isUnreadable ? 0 : 1;
        return Dumpable == dumpable ? this : this with { Dumpable = dumpable };
    }
}

/// <summary>Where an image lies in its address space: what /proc/PID tells about it.</summary>
internal sealed record ImageLayout
{
    public static ImageLayout None { get; } = new();

    public ulong CodeStart { get; init; }

    public ulong CodeEnd { get; init; }

    public ulong DataStart { get; init; }

    public ulong DataEnd { get; init; }

    public ulong Heap { get; init; }

    public ulong StackTop { get; init; }

    public ulong StackSize { get; init; }

    public ulong StackPointer { get; init; }

    public ulong ArgStart { get; init; }

    public ulong ArgEnd { get; init; }

    public ulong EnvEnd { get; init; }

    /// <summary>The loader (PT_INTERP), and its trampolines where its text is shared.</summary>
    public (ulong Start, ulong End) Loader { get; init; }

    public (ulong Start, ulong End) LoaderJumps { get; init; }

    public bool IsLoader(ulong address) => (address >= Loader.Start && address < Loader.End) || (address >= LoaderJumps.Start && address < LoaderJumps.End);

    /// <summary>The auxiliary vector's bytes.</summary>
    public byte[] Auxiliary { get; init; } = [];
}
