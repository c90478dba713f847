using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Time;

/// <summary>setitimer(2)'s three timers of a process; execve keeps them, fork does not.</summary>
internal sealed class IntervalTimers(Process process)
{
    public const int Count = 3, Real = 0, Virtual = 1, Profiling = 2;
    private readonly GuestTimer?[] timers = new GuestTimer?[Count];

    public GuestTimer Of(int which) => timers[which] ??= Make(which);

    private GuestTimer Make(int which)
    {
        GuestClock clock = which switch
        {
            Virtual => GuestClock.Of(process, CpuTime.User),
            Profiling => GuestClock.Of(process, CpuTime.All),
            _ => GuestClock.Of(GuestClock.Realtime),
        };
        int signal = which switch { Virtual => Signal.SIGVTALRM, Profiling => Signal.SIGPROF, _ => Signal.SIGALRM };
        return new GuestTimer(process.Kernel, clock, _ =>
        {
            process.Kernel.SendSignal(process, SignalInfo.From(signal, SignalInfo.KernelCode, 0, 0));
            return GuestTimer.Soon;
        });
    }

    public void Clear()
    {
        foreach (GuestTimer? timer in timers)
            timer?.Stop();
    }
}
