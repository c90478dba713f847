using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Oci;
using Bulkhead.Workloads;

namespace Bulkhead.Cli;

/// <summary>
/// The runtime speaks of config.json and of the kernel's files, the person of flags: what it says is given the flag and the value that were typed, and the
/// mend where the sentence has none.
/// </summary>
internal static class FlagErrors
{
    private const string Cpus = "the machine's are in /sys/devices/system/cpu/online", Nodes = "the machine's are in /sys/devices/system/node/online";

    /// <param name="Subject">The beginning of what the runtime says: a JSON path, a file of a cgroup, or a step.</param>
    /// <param name="Flag">What was typed.</param>
    /// <param name="Value">The flag's value (empty: it has none), from what follows the subject; null: it was not given, so the next row is asked.</param>
    /// <param name="Mend">What to do; empty: the sentence says it.</param>
    private sealed record Row(string Subject, string Flag, Func<WorkloadOptions, string, string?> Value, string Mend = "");

    private static readonly Row[] Rows =
    [
        new("$.linux.sysctl[\"", "--sysctl", (options, rest) => Sysctl(options, rest.Split("\"]")[0]), "leave it out, or set it on the host"),
        new("set sysctl ", "--sysctl", (options, rest) => Sysctl(options, rest.Split(": ")[0]), "/proc/sys of a container has the names and values that there are"),
        new("$.cpu.cpus", "--cpuset-cpus", (options, _) => options.Limits.CpusetCpus, Cpus),
        new("cpuset.cpus", "--cpuset-cpus", (options, _) => options.Limits.CpusetCpus, Cpus),
        new("$.cpu.mems", "--cpuset-mems", (options, _) => options.Limits.CpusetMems, Nodes),
        new("cpuset.mems", "--cpuset-mems", (options, _) => options.Limits.CpusetMems, Nodes),
        new("$.cpu.quota", "--cpus", (options, _) => Text(options.Limits.Cpus), "0.01 is the least"),
        new("$.cpu.quota", "--cpu-quota", (options, _) => Text(options.Limits.CpuQuota)),
        new("$.cpu.period", "--cpu-period", (options, _) => Text(options.Limits.CpuPeriod)),
        new("cpu.cfs_quota_us", "--cpu-quota", (options, _) => Text(options.Limits.CpuQuota), "give less: CPUs times --cpu-period"),
        new("cpu.max", "--cpu-quota", (options, _) => Text(options.Limits.CpuQuota), "give less: CPUs times --cpu-period"),
        new("cpu.", "--cpus", (options, _) => Text(options.Limits.Cpus), "nproc tells how many the machine has"),
        new("the maximum allowed cpu-shares", "--cpu-shares", (options, _) => Text(options.Limits.CpuShares)),
        new("$.cpu.shares", "--cpu-shares", (options, _) => Text(options.Limits.CpuShares)),
        new("$.memory.swappiness", "--memory-swappiness", (options, _) => Text(options.Limits.MemorySwappiness)),
        new("memory.swappiness", "--memory-swappiness", (options, _) => Text(options.Limits.MemorySwappiness), "leave it out"),
        new("$.memory.swap", "--memory-swap", (options, _) => Text(options.Limits.MemorySwap), "give more, or a smaller --memory"),
        new("memory.memsw.", "--memory-swap", (options, _) => Text(options.Limits.MemorySwap), "leave it out where the kernel counts no swap"),
        new("memory.swap.", "--memory-swap", (options, _) => Text(options.Limits.MemorySwap), "leave it out where the kernel counts no swap"),
        new("$.memory.reservation", "--memory-reservation", (options, _) => Text(options.Limits.MemoryReservation)),
        new("$.memory.", "--memory", (options, _) => Text(options.Limits.Memory)),
        new("memory.", "--memory", (options, _) => Text(options.Limits.Memory), "give more: it uses more already, or the kernel does not take the number"),
        new("$.pids", "--pids-limit", (options, _) => Text(options.Limits.Pids)),
        new("pids.max", "--pids-limit", (options, _) => Text(options.Limits.Pids), "4194304 is the kernel's most; -1 is no limit"),
        new("set resource limit RLIMIT_", "--ulimit", (options, rest) => Ulimit(options, rest.Split(": ")[0]), "nobody without the right to raise limits gets more than ulimit -H says"),
        new("make the landlock rules: too many open files", "--ulimit", (options, _) => Ulimit(options, "nofile"), "give at least 64"),
        new("set oom_score_adj", "--oom-score-adj", (options, _) => Text(options.OomScoreAdj), "give no less than the caller's own, which is in /proc/self/oom_score_adj"),
        new("change directory to ", "--workdir", (options, _) => options.WorkingDirectory, "give a directory that its user may enter"),
        new("make the working directory ", "--workdir", (options, _) => options.WorkingDirectory, "give a directory that is there"),
        new("$.process.cwd", "--workdir", (options, _) => options.WorkingDirectory),
        new("$.process.user", "--as-root", (options, _) => options.AsRoot ? "" : null),
        new("$.process.user", "--user", (options, _) => options.User),
        new("$.process.capabilities", "--cap-add", (options, _) => options.CapAdd.Length > 0 ? string.Join(',', options.CapAdd) : null),
        new("$.root.readonly", "--writable", (options, _) => options.Writable ? "" : null),
        new("$.devices[", "--privileged", (options, _) => options.Privileged ? "" : null),
        new("$.hostname", "--hostname", (options, _) => options.Hostname),
        new("$.domainname", "--domainname", (options, _) => options.Domainname),
        new("$.linux.cgroupsPath", "--cgroup-parent", (options, _) => options.CgroupParent),
        new("$.annotations[\"", "--annotation", (options, rest) => Pair(options.Annotations, rest.Split("\"]")[0])),
        new("$.linux.seccomp", "--security-opt", (options, _) => Array.Find(options.SecurityOptions, option => option.StartsWith("seccomp", StringComparison.Ordinal))),
        new("$.mounts[", "--volume or --mount", (options, rest) => Array.Find(options.Mounts, mount => mount.Source.Length > 0 && Array.IndexOf(rest.Split(' ', ':'), mount.Source) > 0) is { } mount ? mount.Source + ":" + mount.Target : null),
    ];

    /// <summary>The line for the person; as it was when no flag is behind it.</summary>
    public static string Of(string message, WorkloadOptions options)
    {
        string subject = Subject(message);
        foreach (Row row in Rows)
        {
            if (subject.StartsWith(row.Subject, StringComparison.Ordinal) && row.Value(options, subject[row.Subject.Length..]) is { } value)
                return $"{row.Flag} {value}".TrimEnd() + ": " + (IsPolicys(message) ? message : Reason(subject) + (row.Mend.Length > 0 ? ": " + row.Mend : ""));
        }
        return RootExplanation.Of(message, options) ?? message;
    }

    /// <summary>A change that is refused: the same error in the person's words.</summary>
    public static StepException Of(StepException error, WorkloadOptions options) => new(Of(error.Message, options));

    /// <summary>Without the path of config.json, limits as `update` has them, and of a cgroup's path only the file: "cpuset.cpus: errno".</summary>
    private static string Subject(string message)
    {
        int path = message.IndexOf(": $.", StringComparison.Ordinal);
        if (path >= 0)
            message = message[(path + 2)..];
        message = message.Replace("$.linux.resources.", "$.", StringComparison.Ordinal);
        const string Written = " to /sys/fs/cgroup/";
        int file = message.StartsWith("cgroup controller ", StringComparison.Ordinal) ? message.IndexOf(Written, StringComparison.Ordinal) : -1;
        return file < 0 ? message : message[(message.LastIndexOf('/') + 1)..];
    }

    /// <summary>Which names its rule and where that stands, and has no other mend.</summary>
    private static bool IsPolicys(string message) => message.StartsWith("refused by policy ", StringComparison.Ordinal);

    /// <summary>What is wrong: a step's whole sentence, else what follows the path or the file.</summary>
    private static string Reason(string subject)
    {
        if (!subject.StartsWith("$.", StringComparison.Ordinal) && !IsFile(subject))
            return subject;
        // A sysctl's name in a path may have anything in it but this.
        int end = subject.StartsWith("$.linux.sysctl[", StringComparison.Ordinal) ? subject.IndexOf("\"]: ", StringComparison.Ordinal) + 2 : subject.IndexOf(": ", StringComparison.Ordinal);
        string reason = end > 0 ? subject[(end + 2)..] : subject;
        return IsFile(subject) ? "the kernel does not take it: " + reason : reason;
    }

    private static bool IsFile(string subject) =>
        Array.Exists((string[])["cpuset.", "cpu.", "memory.", "pids."], controller => subject.StartsWith(controller, StringComparison.Ordinal));

    private static string? Sysctl(WorkloadOptions options, string name)
    {
        string path = SysctlKey.ToPath(name);
        int index = Array.FindIndex(options.Sysctls, pair => SysctlKey.ToPath(pair.Key) == path);
        return index < 0 ? null : options.Sysctls[index].Key + "=" + options.Sysctls[index].Value;
    }

    private static string? Pair(KeyValuePair<string, string>[] pairs, string key)
    {
        int index = Array.FindIndex(pairs, pair => pair.Key == key);
        return index < 0 ? null : pairs[index].Key + "=" + pairs[index].Value;
    }

    private static string? Ulimit(WorkloadOptions options, string name) =>
        Array.Find(options.Limits.Ulimits, limit => limit.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } limit ? $"{limit.Name}={Text(limit.Soft)}:{Text(limit.Hard)}" : null;

    private static string? Text<T>(T? value) where T : struct, IFormattable => value?.ToString(null, CultureInfo.InvariantCulture);

    private static string Text(ulong value) => value == ulong.MaxValue ? "unlimited" : value.ToString(CultureInfo.InvariantCulture);
}
