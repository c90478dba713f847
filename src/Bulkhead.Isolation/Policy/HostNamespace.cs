using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;

namespace Bulkhead.Isolation;

/// <summary>Whether a namespace that a config joins by path is the one that the caller is in.</summary>
internal static class HostNamespace
{
    /// <summary>True for the host's own, and when it cannot be told.</summary>
    public static bool IsHost(LinuxNamespace ns)
    {
        Result<stat> joined = Sys.StatAt(Fd.Cwd, ns.Path!);
        Result<stat> own = Sys.StatAt(Fd.Cwd, "/proc/self/ns/" + FileName(ns.Type));

        // Two files of one namespace are one inode of nsfs (namespaces(7)).
        return !joined.Ok || !own.Ok || (joined.Value.st_dev == own.Value.st_dev && joined.Value.st_ino == own.Value.st_ino);
    }

    private static string FileName(string type) => type switch
    {
        "network" => "net",
        "mount" => "mnt",
        _ => type,
    };
}
