using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Time;

/// <summary>What time a CPU clock counts (the low two bits of a dynamic clock id, include/linux/posix-timers.h).</summary>
internal enum CpuTime
{
    All = 0,
    User = 1,

    /// <summary>All, by the scheduler's count: nanoseconds.</summary>
    Exact = 2,
}

/// <summary>A clock that a guest names: the host's, or the CPU time of a process or of a thread of its own sandbox.</summary>
internal readonly struct GuestClock
{
    public const int Realtime = 0, Monotonic = 1, ProcessCpu = 2, ThreadCpu = 3, MonotonicRaw = 4, RealtimeCoarse = 5, MonotonicCoarse = 6;
    public const int Boottime = 7, RealtimeAlarm = 8, BoottimeAlarm = 9, Tai = 11;
    private const int ThreadBit = 4, KindMask = 3;
    private readonly int host;
    private readonly Process? process;
    private readonly GuestTask? thread;
    private readonly CpuTime kind;

    private GuestClock(int host) => this.host = host;

    private GuestClock(Process? process, GuestTask? thread, CpuTime kind)
    {
        this.process = process;
        this.thread = thread;
        this.kind = kind;
    }

    public bool IsCpu => process is not null || thread is not null;

    public GuestTask? Thread => thread;

    public Process? Process => process ?? thread?.Process;

    /// <summary>Only these can be waited on: not the coarse and the raw ones (clock_nanosleep(2)).</summary>
    public bool CanWait => IsCpu || host is Realtime or Monotonic or Boottime or Tai or RealtimeAlarm or BoottimeAlarm;

    public static GuestClock Of(int host) => new(host);

    public static GuestClock Of(Process process, CpuTime kind) => new(process, null, kind);

    /// <summary>False: EINVAL. Negative ids name the CPU time of a pid or tid (clock_getcpuclockid(3)).</summary>
    public static bool TryFind(GuestTask task, int id, out GuestClock clock)
    {
        clock = default;
        if (id < 0)
            return TryFindDynamic(task, id, out clock);
        if (id is > Tai or 10)
            return false;
        clock = id switch
        {
            ProcessCpu => new GuestClock(task.Process, null, CpuTime.Exact),
            ThreadCpu => new GuestClock(null, task, CpuTime.Exact),
            _ => new GuestClock(id),
        };
        return true;
    }

    private static bool TryFindDynamic(GuestTask task, int id, out GuestClock clock)
    {
        clock = default;
        if ((id & KindMask) == KindMask)
            return false;
        int pid = ~(id >> 3);
        var kind = (CpuTime)(id & KindMask);
        if ((id & ThreadBit) != 0)
        {
            GuestTask? thread = pid == 0 ? task : task.Kernel.FindTask(pid);
            if (thread is null || thread.Process != task.Process)
                return false;
            clock = new GuestClock(null, thread, kind);
            return true;
        }
        if ((pid == 0 ? task.Process : task.Kernel.Find(pid)) is not { } process)
            return false;
        clock = new GuestClock(process, null, kind);
        return true;
    }

    public long Now()
    {
        if (thread is not null)
            return CpuUsage.Of(thread, kind);
        return process is not null ? CpuUsage.Of(process, kind) : HostEvents.Now(host);
    }
}
