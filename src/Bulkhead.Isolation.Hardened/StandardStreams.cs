using System.Collections.Generic;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation.Hardened;

internal static class StandardStreams
{
    /// <summary>Those of our 0, 1, 2 that are pipes or sockets: made for this container, so its user may own them.</summary>
    public static int[] Own()
    {
        var own = new List<int>(3);
        for (int fd = 0; fd <= 2; fd++)
        {
            Result<stat> status = Sys.Fstat(Fd.Borrow(fd));
            if (status.Ok && (status.Value.st_mode & StatMode.S_IFMT) is StatMode.S_IFIFO or StatMode.S_IFSOCK)
                own.Add(fd);
        }
        return own.ToArray();
    }

    /// <summary>
    /// Gives them to the process's user as the host knows it, so that it may open /dev/stdout again. From inside a user namespace it could not be
    /// done: their owner, this process, has no id there. Files and terminals of the caller stay as they are.
    /// </summary>
    public static void Give(int[] own, ProcessPlan process)
    {
        if (process.HostUid is not { } uid || process.Terminal)
            return;
        foreach (int fd in own)
            Sys.ChownAt(Fd.Borrow(fd), "", uid, uint.MaxValue, Fcntl.AT_EMPTY_PATH);
    }
}
