using Bulkhead.UserKernel.Time;

namespace Bulkhead.UserKernel.Files;

/// <summary>timerfd_create(2).</summary>
internal sealed unsafe class TimerFile : AnonymousFile
{
    private ulong ticks;

    public TimerFile(Kernel kernel, GuestClock clock) : base(kernel) => Timer = new GuestTimer(kernel, clock, Expired);

    public GuestTimer Timer { get; }

    public override string Name => "anon_inode:[timerfd]";

    /// <summary>What had expired and was not read is forgotten.</summary>
    public void Set(long value, long interval, bool isAbsolute)
    {
        ticks = 0;
        Timer.Set(value, interval, isAbsolute);
    }

    /// <summary>What expires further is counted when this is read: until then the timer rests.</summary>
    private long Expired(ulong times)
    {
        ticks += times;
        Queue.WakeAll(Kernel);
        return GuestTimer.Rest;
    }

    public override long Read(byte* to, long size, long offset)
    {
        if (size < sizeof(ulong))
            return Fail.EINVAL;
        Timer.CatchUp();
        if (ticks == 0)
            return Fail.EAGAIN;
        *(ulong*)to = ticks;
        ticks = 0;
        Timer.Resume();
        return sizeof(ulong);
    }

    /// <summary>Nothing to seek, and no error (noop_llseek).</summary>
    public override long Seek(long offset, int whence) => 0;

    public override uint Poll() => ticks > 0 ? In : 0;

    protected override void OnClose() => Timer.Stop();
}
