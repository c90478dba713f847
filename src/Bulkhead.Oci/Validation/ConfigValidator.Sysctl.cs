using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Oci;

/// <summary>The map `linux.sysctl`: only what a namespace of the container keeps from the host.</summary>
public static partial class ConfigValidator
{
    private static void Sysctls(LinuxConfig linux, Scope scope)
    {
        foreach (var (key, value) in linux.Sysctl)
        {
            string? why = SysctlRefusal(SysctlKey.Normalize(key), linux, scope);
            if (why is not null)
                throw scope.Refuse("$.linux.sysctl" + $"[\"{key}\"]", why);
            if (value.Contains('\0'))
                throw scope.Refuse("$.linux.sysctl" + $"[\"{key}\"]", "has a NUL byte");
        }
    }

    private static string? SysctlRefusal(string key, LinuxConfig linux, Scope scope)
    {
        if (!SysctlKey.IsWellFormed(key))
            return "is no name of a sysctl, as net.ipv4.ip_forward";
        if (SysctlKey.IsIpc(key))
            return scope.Has(NamespaceKinds.Ipc) ? null : "would change the host's; add {\"type\": \"ipc\"} to $.linux.namespaces";
        if (key.StartsWith("net.", StringComparison.Ordinal))
            return HasOwnNetwork(linux, scope) ? null : "would change the host's; give the container its own network namespace";
        if (key.StartsWith("user.", StringComparison.Ordinal))
            return scope.Has(NamespaceKinds.User) ? null : "would change the host's; add {\"type\": \"user\"} to $.linux.namespaces";
        if (key == "kernel.domainname" && scope.Has(NamespaceKinds.Uts))
            return null;
        if (key == "kernel.hostname" && scope.Has(NamespaceKinds.Uts))
            return "is what $.hostname is for; use that";
        return "is not kept apart by any namespace and would change the host";
    }

    /// <summary>A path may lead back to the caller's own namespace: two files of one namespace have the same inode.</summary>
    private static bool HasOwnNetwork(LinuxConfig linux, Scope scope)
    {
        if (!scope.Has(NamespaceKinds.Network))
            return false;
        foreach (LinuxNamespace ns in linux.Namespaces)
        {
            if (ns.Type != "network" || ns.Path is null)
                continue;
            Result<stat> joined = Sys.StatAt(Fd.Cwd, ns.Path);
            Result<stat> own = Sys.StatAt(Fd.Cwd, "/proc/self/ns/net");
            return joined.Ok && own.Ok && (joined.Value.st_dev != own.Value.st_dev || joined.Value.st_ino != own.Value.st_ino);
        }
        return true;
    }
}
