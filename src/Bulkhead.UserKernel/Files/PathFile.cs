using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files;

/// <summary>O_PATH of open(2): a place in the tree, nothing to read.</summary>
internal sealed unsafe class PathFile(Kernel kernel, GuestTask task, Fd? fd, Node? node, string path, bool isDirectory) : OpenFile(kernel)
{
    public bool IsDirectory => isDirectory;

    /// <summary>Of the kernel's own trees.</summary>
    public Node? Node => node;

    public override int HostFd => fd?.Value ?? -1;

    public override string Name => path;

    public override long Read(byte* to, long count, long offset) => Fail.EBADF;

    public override long Write(byte* from, long count, long offset) => Fail.EBADF;

    public override long Seek(long offset, int whence) => Fail.EBADF;

    public override long ReadDirectory(byte* to, long count) => Fail.EBADF;

    public override long Truncate(long size) => Fail.EBADF;

    public override long Stat(out stat status)
    {
        if (fd is not null)
            return HostFiles.Stat(fd.Value, out status);
        status = node!.Status(task);
        return 0;
    }

    protected override void OnClose() => fd?.Dispose();
}
