// Mirrors <poll.h>.
using System.Runtime.InteropServices;

namespace Bulkhead.Linux.Abi;

public static class Poll
{
    public const short POLLIN = 0x01;
    public const short POLLOUT = 0x04;
    public const short POLLERR = 0x08;
    public const short POLLHUP = 0x10;
    public const short POLLNVAL = 0x20;
}

/// <summary>struct pollfd; a negative fd is skipped.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct pollfd
{
    public int fd;
    public short events;
    public short revents;
}
