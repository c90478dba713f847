using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files;

/// <summary>A file that no path leads to: eventfd, epoll, timerfd, signalfd, inotify (anon_inode in /proc/PID/fd).</summary>
internal abstract class AnonymousFile(Kernel kernel) : OpenFile(kernel)
{
    private const uint OwnerReadWrite = 0x180;

    public override long Stat(out stat status)
    {
        status = new stat { st_mode = OwnerReadWrite, st_nlink = 1, st_blksize = 4096, st_dev = OwnDevice.Anonymous };
        return 0;
    }
}
