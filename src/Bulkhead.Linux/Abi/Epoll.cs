// Mirrors <sys/epoll.h>.
using System.Runtime.InteropServices;

namespace Bulkhead.Linux.Abi;

/// <summary>struct epoll_event of x86-64: packed.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public struct epoll_event
{
    public uint events;
    public ulong data;
}
