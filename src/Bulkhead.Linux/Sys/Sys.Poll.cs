using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

public static unsafe partial class Sys
{
    /// <summary>poll(2): the count of ready descriptors. <paramref name="timeout"/> in milliseconds, -1 for ever; restarted after a signal.</summary>
    public static Result<int> Poll(Span<pollfd> fds, int timeout)
    {
        fixed (pollfd* p = fds)
            return ToInt(Raw(SysNr.poll, (nint)p, fds.Length, timeout));
    }
}
