using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Time;

/// <summary>RLIMIT_CPU (getrlimit(2)): SIGXCPU at the soft limit and each second after it, SIGKILL at the hard one.</summary>
internal sealed class CpuLimit
{
    private const long Second = 1_000_000_000, MostSeconds = long.MaxValue / 4 / Second;
    private readonly Process process;
    private readonly GuestTimer timer;

    public CpuLimit(Process process)
    {
        this.process = process;
        timer = new GuestTimer(process.Kernel, GuestClock.Of(process, CpuTime.Exact), _ => Reached());
    }

    private ref (ulong Soft, ulong Hard) Limit => ref process.Limits[ResourceLimits.Cpu];

    /// <summary>The limit has changed, or the process is new.</summary>
    public void Set()
    {
        if (Limit.Soft >= (ulong)MostSeconds)
            timer.Stop();
        else
            timer.Set((long)System.Math.Max(1, Limit.Soft) * Second, 0, isAbsolute: true);
    }

    public void Stop() => timer.Stop();

    private long Reached()
    {
        if (Limit.Hard < (ulong)MostSeconds && CpuUsage.Of(process, CpuTime.Exact) >= (long)Limit.Hard * Second)
        {
            process.Kernel.EndProcess(process, Signal.SIGKILL);
            return GuestTimer.Rest;
        }
        // As check_process_timers of kernel/time/posix-cpu-timers.c: the soft limit itself grows.
        Limit.Soft = System.Math.Max(1, Limit.Soft) + 1;
        Set();
        process.Kernel.SendSignal(process, SignalInfo.From(Signal.SIGXCPU, SignalInfo.KernelCode, 0, 0));
        return GuestTimer.Rest;
    }
}
