using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;
using Mount = Bulkhead.Oci.Mount;

namespace Bulkhead.Workloads.Compose;

/// <summary>
/// --bundle: somebody else's OCI configuration as the starting point. What it says of the program and of limits is taken where no flag says otherwise; what it
/// asks beyond the hardened defaults is not, each with a line that names the flag (docs/decisions/0021-bundles.md).
/// </summary>
public static class Bundle
{
    private const int MaxSize = 16 << 20;

    /// <summary>What a flag can give, and whether the flags do.</summary>
    private static readonly (Func<RuntimeConfig, WorkloadOptions, bool> Refused, string What, string Flag)[] Wishes =
    [
        ((config, options) => config.Process?.User.Uid == 0 && options.User is null && !options.AsRoot && !options.Privileged, "root as its user", "--as-root"),
        ((config, options) => config.Root is { Readonly: false } && !options.Writable && !options.Privileged, "a writable root file system", "--writable"),
        ((config, options) => config.Process is { NoNewPrivileges: false } && !options.Privileged, "programs that raise their privileges", "--privileged"),
        ((config, options) => !HasOwn(config, "network") && options.Network == "none", "a network that is not its own", "--network host or --network container:NAME"),
        ((config, _) => config.Hooks is not null, "hooks: programs on the host", ""),
        ((config, options) => config.Linux?.Seccomp is not null && !options.Privileged && !Array.Exists(options.SecurityOptions, option => option.StartsWith("seccomp=", StringComparison.Ordinal)),
            "a seccomp profile of its own", "--security-opt seccomp=FILE"),
        ((config, _) => config.Process?.ApparmorProfile is { Length: > 0 } || config.Process?.SelinuxLabel is { Length: > 0 }, "an AppArmor profile or SELinux label", ""),
        ((config, _) => config.Linux?.RootfsPropagation is "shared" or "rshared", "mounts that appear on the host", ""),
        ((config, _) => config.Linux?.NetDevices.Length > 0, "network interfaces of the host", ""),
    ];

    /// <summary>Its configuration and root file system, an absolute path. Nothing of it is trusted.</summary>
    public static (RuntimeConfig Config, string Rootfs) Read(string bundle)
    {
        using Fd folder = Sys.OpenAt(Fd.Cwd, bundle, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("--bundle: open", bundle);
        string file = bundle + "/config.json";
        // A fifo or a device in its place must not keep us waiting.
        using Fd opened = Sys.OpenAt(folder, "config.json", Fcntl.O_RDONLY | Fcntl.O_NONBLOCK | Fcntl.O_NOCTTY).OrThrow("--bundle: open", file);
        if ((Sys.Fstat(opened).OrThrow("stat", file).st_mode & StatMode.S_IFMT) != StatMode.S_IFREG)
            throw new StepException($"--bundle: {file} is not a regular file");
        RuntimeConfig config = RuntimeConfigReader.Parse(Sys.ReadFile(opened, MaxSize).OrThrow("--bundle: read", file), file);
        ConfigValidator.Validate(config, file, ValidateOptions.None);
        string path = config.Root?.Path ?? throw new StepException($"--bundle: {file} has no root");
        using Fd root = Sys.OpenAt(folder, path, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("--bundle: open its root file system", path);
        return (config, Sys.ReadLinkAt(Fd.Cwd, "/proc/self/fd/" + root.Value.ToString(CultureInfo.InvariantCulture)).OrThrow("resolve", path));
    }

    /// <summary>The flags' options, with what the configuration says where they say nothing.</summary>
    public static WorkloadOptions Merge(WorkloadOptions flags, RuntimeConfig config)
    {
        Process process = config.Process ?? new Process();
        bool takeUser = flags.User is null && !flags.AsRoot && process.User.Uid != 0;
        return flags with
        {
            Command = flags.Command.Length > 0 || flags.Entrypoint is not null ? flags.Command : process.Args,
            Env = [.. process.Env, .. flags.Env],
            WorkingDirectory = flags.WorkingDirectory ?? (process.Cwd.Length > 0 ? process.Cwd : null),
            User = takeUser ? string.Create(CultureInfo.InvariantCulture, $"{process.User.Uid}:{process.User.Gid}") : flags.User,
            Hostname = flags.Hostname ?? (config.Hostname is { Length: > 0 } name ? name : null),
            Limits = Limits(flags.Limits, config.Linux?.Resources),
        };
    }

    /// <summary>A line for each wish that is not granted.</summary>
    public static List<string> NotTaken(RuntimeConfig config, WorkloadOptions options)
    {
        var lines = new List<string>();
        foreach ((Func<RuntimeConfig, WorkloadOptions, bool> refused, string what, string flag) in Wishes)
        {
            if (refused(config, options))
                lines.Add(Line(what, flag));
        }
        foreach (LinuxNamespace own in new LinuxNamespace[] { new() { Type = "pid" }, new() { Type = "ipc" }, new() { Type = "uts" } })
        {
            if (!HasOwn(config, own.Type))
                lines.Add(Line($"a {own.Type} namespace that is not its own", ""));
        }
        string[] given = Confinement.Of(options).Capabilities;
        foreach (string name in config.Process?.Capabilities?.Bounding ?? [])
        {
            if (Array.IndexOf(given, name) < 0)
                lines.Add(Line($"the capability {name}", $"--cap-add {name["CAP_".Length..]}"));
        }
        AddMounts(lines, config, options);
        foreach (LinuxDevice device in config.Linux?.Devices ?? [])
            lines.Add(Line($"the device {device.Path}", $"--device {device.Path}"));
        foreach ((string key, string value) in config.Linux?.Sysctl ?? [])
        {
            if (!Array.Exists(options.Sysctls, pair => pair.Key == key))
                lines.Add(Line($"the kernel parameter {key}", $"--sysctl {key}={value}"));
        }
        return lines;
    }

    private static void AddMounts(List<string> lines, RuntimeConfig config, WorkloadOptions options)
    {
        var defaults = new List<Mount>();
        DefaultMounts.Add(defaults, options, new ProcessUser(0, 0, [], null), oneGroup: false, cgroup: true);
        foreach (Mount mount in config.Mounts)
        {
            string target = mount.Destination.Length > 1 ? mount.Destination.TrimEnd('/') : mount.Destination;
            if (defaults.Exists(one => one.Destination == target && one.Type == mount.Type) || Array.Exists(options.Mounts, one => one.Target == target))
                continue;
            lines.Add(Line($"the mount at {target}", mount.Type switch
            {
                "tmpfs" => "--tmpfs " + target,
                _ when mount.Type is null or "bind" or "none" => $"-v {mount.Source}:{target}",
                _ => "",
            }));
        }
    }

    /// <summary>The words are a stranger's.</summary>
    private static string Line(string what, string flag) =>
        Printable.Of($"bundle asks for {what}: not taken" + (flag.Length > 0 ? $" ({flag} allows it)" : " (no flag allows it)"));

    private static bool HasOwn(RuntimeConfig config, string type) =>
        Array.Exists(config.Linux?.Namespaces ?? [], one => one.Type == type && one.Path is not { Length: > 0 });

    /// <summary>A limit is a tightening: the bundle's is taken unless a flag gives another.</summary>
    private static LimitOptions Limits(LimitOptions flags, LinuxResources? asked) => flags with
    {
        Memory = flags.Memory ?? Positive(asked?.Memory?.Limit),
        MemorySwap = flags.MemorySwap ?? (flags.Memory is null && Positive(asked?.Memory?.Limit) is not null ? Positive(asked?.Memory?.Swap) : null),
        MemoryReservation = flags.MemoryReservation ?? Positive(asked?.Memory?.Reservation),
        Cpus = flags.Cpus ?? (asked?.Cpu is { Quota: > 0 and { } quota, Period: > 0 and { } period } ? (double)quota / period : null),
        CpuShares = flags.CpuShares ?? asked?.Cpu?.Shares,
        CpusetCpus = flags.CpusetCpus ?? asked?.Cpu?.Cpus,
        CpusetMems = flags.CpusetMems ?? asked?.Cpu?.Mems,
        Pids = flags.Pids ?? Positive(asked?.Pids?.Limit),
    };

    private static long? Positive(long? value) => value > 0 ? value : null;
}
