using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Monitor;

/// <summary>A terminal whose person has detached: without a master its programs would get SIGHUP, without a reader they would stop.</summary>
public static class TerminalHolder
{
    /// <summary>Until no process has it open any more.</summary>
    public static void Run(Fd master)
    {
        Memory.Trim();
        Span<byte> dropped = stackalloc byte[4096];
        for (; ; )
        {
            Sys.PollOne(master, Poll.POLLIN, -1).OrThrow("wait for the terminal");
            Result<int> length = Sys.Read(master, dropped);
            // EIO: that was the last one.
            if (length.Error != Errno.EAGAIN && !(length.Ok && length.Value > 0))
                return;
        }
    }
}
