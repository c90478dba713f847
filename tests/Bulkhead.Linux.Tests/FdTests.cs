using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Tests;

public sealed class FdTests
{
    [Fact]
    public void Opening_a_missing_file_gives_its_errno()
    {
        Result<Fd> result = Sys.OpenAt(Fd.Cwd, "/no/such/file", Fcntl.O_RDONLY);
        Assert.Equal(Errno.ENOENT, result.Error);
    }

    [Fact]
    public void A_closed_fd_is_no_longer_open()
    {
        Fd fd = Sys.OpenAt(Fd.Cwd, "/dev/null", Fcntl.O_RDONLY).OrThrow("open");
        int number = fd.Value;
        fd.Dispose();
        Assert.Equal(Errno.EBADF, Sys.FileControl(Fd.Borrow(number), Fcntl.F_GETFD).Error);
    }
}
