using System.Collections.Generic;
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
}
