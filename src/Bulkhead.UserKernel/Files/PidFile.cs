using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files;

/// <summary>pidfd_open(2): names a process, not a number that another one may get. <paramref name="thread"/>: one thread of it (PIDFD_THREAD).</summary>
internal sealed class PidFile(Process process, GuestTask? thread = null) : OpenFile(process.Kernel)
{
    public override string Name => "anon_inode:[pidfd]";

    public Process Process => process;

    public GuestTask? Thread => thread;

    /// <summary>Its status was taken, or it has no more threads.</summary>
    public bool IsGone => thread is not null ? thread.State == TaskState.Dead : Kernel.Find(process.Pid) != process;

    public override WaitQueue Queue => process.Ending;

    /// <summary>Readable once it has ended, hung up once nothing of it is left.</summary>
    public override uint Poll()
    {
        bool ended = thread is not null ? thread.State == TaskState.Dead : process.IsZombie;
        return (ended ? In : 0) | (IsGone ? HangUp : 0);
    }

    public override long Stat(out stat status)
    {
        status = new stat { st_mode = StatMode.S_IFREG | 0x1C0, st_nlink = 1, st_blksize = 4096, st_dev = OwnDevice.Processes, st_ino = (ulong)process.Pid };
        return 0;
    }
}
