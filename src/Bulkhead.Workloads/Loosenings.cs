using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Workloads.Compose;

namespace Bulkhead.Workloads;

/// <summary>Where a container was asked to have less of a wall than the defaults: a line each, with the flag and what it opens.</summary>
public static class Loosenings
{
    private static readonly (Func<WorkloadOptions, bool> Asked, string Line)[] Flags =
    [
        (options => options.Privileged, "--privileged: no user namespace, all capabilities, no seccomp filter, no landlock, nothing masked: its root is the host's root"),
        (options => options.AsRoot && !options.Privileged, "--as-root: it runs as root of its own user namespace, with the capabilities that entrypoints use; files of the host's root that are mounted are its own"),
        (options => options.User is not null && IsRoot(options) && !options.AsRoot && !options.Privileged, "--user: uid 0 of its own user namespace, with the capabilities that entrypoints use"),
        (options => options.Image is { AllowUnsigned: true }, "--allow-unsigned: the trust policy refuses its image: who made it is not known"),
        (options => options.Writable, "--writable: it can change its root file system, so that what breaks in can stay there"),
        (options => options.Network == "host", "--network host: it reaches whatever the host reaches, and the host's own services on loopback and in abstract sockets"),
        (options => options.Network is not ("host" or "none"), "--network container:NAME: it shares another container's network"),
        (options => options.HostUts, "--uts host: it sees the host's name"),
        (options => options.OomScoreAdj < 0, "--oom-score-adj: when memory runs out the kernel kills others before it"),
        (options => options.CgroupParent is not null, "--cgroup-parent: limits of /bulkhead do not hold for it"),
        (options => options.Limits.Pids is <= 0, "--pids-limit without a limit: a fork bomb in it takes all processes of the host"),
        (PlantsPrograms, "--volume with root and without the default seccomp profile: it can leave setuid programs of the host's root in folders of root's"),
        (options => options.Limits.Memory == -1, "--memory -1: it can use all memory of the host"),
    ];

    public static List<string> Of(WorkloadOptions options)
    {
        var lines = new List<string>();
        foreach ((Func<WorkloadOptions, bool> asked, string line) in Flags)
        {
            if (asked(options))
                lines.Add(line);
        }
        foreach (string name in options.CapAdd)
            lines.Add($"--cap-add {name}: {(name.ToUpperInvariant() is "ALL" or "CAP_ALL" ? "every" : "this")} capability within its user namespace");
        foreach (string option in options.SecurityOptions)
        {
            if (OfSecurityOption(option) is { } opened)
                lines.Add($"--security-opt {option}: {opened}");
        }
        foreach (DeviceOption device in options.Devices)
            lines.Add($"--device {device.Source} ({device.Access}): it speaks to that device's driver in the host's kernel, as the container's user");
        foreach (VolumeOption mount in options.Mounts)
        {
            if (mount.Propagation is "shared" or "rshared")
                lines.Add($"--mount {mount.Target} with {mount.Propagation}: mounts made in it appear on the host");
            if (mount.Kind == VolumeKind.Tmpfs && mount.Exec)
                lines.Add($"--tmpfs {mount.Target} with exec: programs written at run time can be run");
        }
        return lines;
    }

    /// <summary>A filter refuses every call that gives a file such a bit; the folder's mount on the host honours it.</summary>
    private static bool PlantsPrograms(WorkloadOptions options) =>
        (options.Privileged || Array.Exists(options.SecurityOptions, option => option.StartsWith("seccomp", StringComparison.Ordinal) && option != "seccomp=default"))
        && IsRoot(options) && Array.Exists(options.Mounts, mount => mount is { Kind: VolumeKind.Bind, ReadOnly: false });

    private static string? OfSecurityOption(string option) => option switch
    {
        "seccomp=default" or "no-new-privileges" or "no-new-privileges=true" or "no-new-privileges:true" => null,
        "seccomp=unconfined" => "no filter: all system calls of the kernel are open to attack",
        "landlock=off" => "what mounts and permissions let it write it can write",
        _ when option.StartsWith("seccomp-allow=", StringComparison.Ordinal) => "system calls that the default filter refuses",
        _ when option.StartsWith("seccomp=", StringComparison.Ordinal) => "a filter other than the default one",
        _ => "less than the default",
    };

    /// <summary>By the number, as the program gets it: any name may stand for 0 in the root file system's passwd.</summary>
    private static bool IsRoot(WorkloadOptions options)
    {
        try
        {
            return ProcessUser.Resolve(options).Uid == 0;
        }
        catch (StepException)
        {
            // Nobody of that name: it cannot run.
            return false;
        }
    }
}
