namespace Bulkhead.UserKernel.Tasks;

/// <summary>
/// What sched(7), nice(2) and ioprio_set(2) set for a thread. The host schedules cells as it likes: the values are kept and given back.
/// Immutable, replaced as a whole.
/// </summary>
internal sealed record Scheduling
{
    public const int Other = 0, Fifo = 1, RoundRobin = 2, Batch = 3, Idle = 5, Deadline = 6;
    public const long UsualSlack = 50_000;

    public static Scheduling Usual { get; } = new();

    /// <summary>What the host has set for the sandbox's process, and so for its cells.</summary>
    public static Scheduling Initial(KernelOptions options) =>
        Usual with { Policy = options.Scheduler[0], Priority = options.Scheduler[1], Nice = options.Scheduler[2], IoPriority = options.IoPriority };

    public int Policy { get; init; }

    /// <summary>1 to 99 of the real-time policies.</summary>
    public int Priority { get; init; }

    public int Nice { get; init; }

    public bool ResetOnFork { get; init; }

    public int IoPriority { get; init; }

    /// <summary>Bits of CPUs; null: all.</summary>
    public ulong[]? Affinity { get; init; }

    public long TimerSlack { get; init; } = UsualSlack;

    /// <summary>What PR_SET_TIMERSLACK 0 goes back to: the creator's slack at fork.</summary>
    public long DefaultTimerSlack { get; init; } = UsualSlack;

    /// <summary>A new thread's or process's (sched(7), SCHED_RESET_ON_FORK).</summary>
    public Scheduling ForChild()
    {
        Scheduling child = DefaultTimerSlack == TimerSlack ? this : this with { DefaultTimerSlack = TimerSlack };
        if (!ResetOnFork)
            return child;
        bool special = Policy is Fifo or RoundRobin or Deadline;
        return child with { ResetOnFork = false, Policy = special ? Other : Policy, Priority = 0, Nice = special || Nice < 0 ? 0 : Nice };
    }
}
