using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Plan;

/// <summary>Namespace names of the runtime specification.</summary>
public static class NamespaceNames
{
    private static readonly (string Name, ulong Type)[] Table =
    [
        ("pid", Sched.CLONE_NEWPID), ("network", Sched.CLONE_NEWNET), ("mount", Sched.CLONE_NEWNS), ("ipc", Sched.CLONE_NEWIPC),
        ("uts", Sched.CLONE_NEWUTS), ("user", Sched.CLONE_NEWUSER), ("cgroup", Sched.CLONE_NEWCGROUP), ("time", Sched.CLONE_NEWTIME),
    ];

    /// <summary>CLONE_NEW* of a name, 0 when there is none such.</summary>
    public static ulong Parse(string name)
    {
        foreach ((string known, ulong type) in Table)
        {
            if (known == name)
                return type;
        }
        return 0;
    }

    /// <summary>CLONE_NEW* of all that a configuration joins by path.</summary>
    public static ulong Joined(LinuxConfig? linux)
    {
        ulong joined = 0;
        foreach (LinuxNamespace one in linux?.Namespaces ?? [])
            joined |= one.Path is { Length: > 0 } ? Parse(one.Type) : 0;
        return joined;
    }
}

internal static class NamespacePlanner
{
    public static NamespacePlan Plan(LinuxConfig linux, List<Fd> opened)
    {
        ulong made = 0;
        var joins = new List<JoinPlan>();
        foreach (LinuxNamespace ns in linux.Namespaces)
        {
            ulong type = NamespaceNames.Parse(ns.Type);
            if (ns.Path is not { Length: > 0 } path)
            {
                made |= type;
                continue;
            }
            Fd fd = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY).OrThrow("open the namespace", path);
            opened.Add(fd);
            if (Sys.NamespaceType(fd) != type)
                throw new StepException($"$.linux.namespaces: {path} is not a {ns.Type} namespace");
            // The host's own namespace by path is the same as none, and setns(2) into one's own user namespace is an error.
            if (!IsOurs(fd, ns.Type))
                joins.Add(new JoinPlan(type, fd, path));
        }
        Refuse(made, joins);
        return new NamespacePlan
        {
            New = made,
            Join = joins.ToArray(),
            UidMappings = linux.UidMappings,
            GidMappings = linux.GidMappings,
            TimeOffsets = linux.TimeOffsets,
        };
    }

    private static void Refuse(ulong made, List<JoinPlan> joins)
    {
        if ((made & Sched.CLONE_NEWUSER) == 0)
            return;
        foreach (JoinPlan join in joins)
        {
            if (join.Type is Sched.CLONE_NEWNS or Sched.CLONE_NEWTIME)
                throw new StepException($"$.linux.namespaces: {join.Path} cannot be joined from a new user namespace; join its user namespace too");
        }
    }

    private static bool IsOurs(Fd fd, string type)
    {
        string file = type switch { "network" => "net", "mount" => "mnt", _ => type };
        Result<stat> ours = Sys.StatAt(Fd.Cwd, "/proc/self/ns/" + file), theirs = Sys.Fstat(fd);
        return ours.Ok && theirs.Ok && ours.Value.st_ino == theirs.Value.st_ino && ours.Value.st_dev == theirs.Value.st_dev;
    }
}
