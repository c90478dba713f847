using Bulkhead.Linux;
using Bulkhead.Linux.Users;
using Bulkhead.Workloads.Monitor;

namespace Bulkhead.Workloads;

/// <summary>Removal of what a plain user's container may have written under other ids than its caller's.</summary>
internal static class OwnedTrees
{
    public static void Remove(string path)
    {
        try
        {
            Trees.Remove(path);
        }
        catch (StepException error) when (error.Errno is Errno.EACCES or Errno.EPERM && UserEntry.IsRootless && !UserEntry.IsPrivileged)
        {
            MonitorLauncher.Remove(path);
        }
    }
}
