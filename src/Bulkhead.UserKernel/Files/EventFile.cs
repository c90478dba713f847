namespace Bulkhead.UserKernel.Files;

/// <summary>eventfd(2).</summary>
internal sealed unsafe class EventFile(Kernel kernel, ulong count, bool isSemaphore) : AnonymousFile(kernel)
{
    private const ulong Highest = ulong.MaxValue - 1;

    public override string Name => "anon_inode:[eventfd]";

    public override long Read(byte* to, long size, long offset)
    {
        if (size < 8)
            return Fail.EINVAL;
        if (count == 0)
            return Fail.EAGAIN;
        *(ulong*)to = isSemaphore ? 1 : count;
        count = isSemaphore ? count - 1 : 0;
        Queue.WakeAll(Kernel);
        return 8;
    }

    /// <summary>Exactly one number (fs/eventfd.c): of a longer piece each eight bytes would be one more.</summary>
    public override long Write(byte* from, long size, long offset)
    {
        if (size != 8)
            return Fail.EINVAL;
        ulong more = *(ulong*)from;
        if (more == ulong.MaxValue)
            return Fail.EINVAL;
        if (more > Highest - count)
            return Fail.EAGAIN;
        count += more;
        Queue.WakeAll(Kernel);
        return 8;
    }

    /// <summary>One more, from the kernel itself (eventfd_signal): what is full stays so.</summary>
    public void Tell()
    {
        count += count < Highest ? 1UL : 0;
        Queue.WakeAll(Kernel);
    }

    /// <summary>noop_llseek of the kernel's anonymous files.</summary>
    public override long Seek(long offset, int whence) => 0;

    public override uint Poll() => (count > 0 ? In : 0) | (count < Highest ? Out : 0);
}
