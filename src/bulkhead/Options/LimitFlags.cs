using System;
using System.CommandLine;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Oci;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Options;

/// <summary>--memory and its like.</summary>
internal sealed class LimitFlags : FlagGroup
{
    private readonly Option<string> memory, memorySwap, memoryReservation, shmSize, cpuset, cpusetMems, cgroupParent;
    private readonly Option<double?> cpus;
    private readonly Option<long?> shares, pids, quota, period, swappiness;
    private readonly Option<string[]> ulimit;

    public LimitFlags()
    {
        memory = Add<string>("--memory", "most memory it may use (default: four fifths of the machine's)", "BYTES", "-m");
        memorySwap = Add<string>("--memory-swap", "most memory and swap together; -1: swap without limit (default: no swap)", "BYTES");
        memoryReservation = Add<string>("--memory-reservation", "memory it is left with when the machine runs short", "BYTES");
        cpus = Add<double?>("--cpus", "CPUs it may use, a fraction counts", "NUMBER");
        shares = Add<long?>("--cpu-shares", "weight among others that want a CPU (1024 is normal)", "WEIGHT", "-c");
        quota = Add<long?>("--cpu-quota", "microseconds of CPU in each period (--cpus is easier)", "NUMBER");
        period = Add<long?>("--cpu-period", "microseconds: 1000 to 1000000 (default: 100000)", "NUMBER");
        swappiness = Add<long?>("--memory-swappiness", "how gladly its memory goes to swap: 0 to 100 (cgroup v1)", "NUMBER");
        cgroupParent = Add<string>("--cgroup-parent", "cgroup that its own is made in (default: /bulkhead)", "PATH");
        cpuset = Add<string>("--cpuset-cpus", "CPUs it may run on", "LIST");
        cpusetMems = Add<string>("--cpuset-mems", "memory nodes it may use", "LIST");
        pids = Add<long?>("--pids-limit", "most processes and threads; -1: no limit (default: 2048)", "NUMBER");
        ulimit = Add<string[]>("--ulimit", "a limit of getrlimit(2)", "NAME=SOFT[:HARD]");
        shmSize = Add<string>("--shm-size", "size of /dev/shm (default: 64m)", "BYTES");
    }

    public override WorkloadOptions Read(ParseResult parsed, WorkloadOptions options)
    {
        double? count = parsed.GetValue(cpus);
        if (count is { } number && !(number > 0 && number <= 10_000))
            throw new StepException($"--cpus: '{number.ToString(CultureInfo.InvariantCulture)}' is not more than 0");
        if (count is not null && (parsed.GetValue(quota) ?? parsed.GetValue(period)) is not null)
            throw new StepException("--cpus excludes --cpu-quota and --cpu-period");
        return options with
        {
            ShmSize = Bytes(parsed, shmSize, least: 1) ?? options.ShmSize,
            CgroupParent = parsed.GetValue(cgroupParent) is { } parent ? Parent(parent) : null,
            Limits = new LimitOptions
            {
                Memory = Bytes(parsed, memory, least: 6 << 20),
                MemorySwap = Bytes(parsed, memorySwap, least: -1),
                MemoryReservation = Bytes(parsed, memoryReservation, least: 1),
                Cpus = count,
                CpuShares = (ulong?)InRange(parsed, shares, 2, 262_144),
                CpuQuota = InRange(parsed, quota, 1000, long.MaxValue),
                CpuPeriod = (ulong?)InRange(parsed, period, 1000, 1_000_000),
                MemorySwappiness = (ulong?)InRange(parsed, swappiness, 0, 100),
                CpusetCpus = parsed.GetValue(cpuset),
                CpusetMems = parsed.GetValue(cpusetMems),
                Pids = parsed.GetValue(pids) is { } limit ? limit > 0 ? limit : -1 : null,
                Ulimits = Array.ConvertAll(parsed.GetValue(ulimit) ?? [], Ulimit),
            },
        };
    }

    private static long? InRange(ParseResult parsed, Option<long?> option, long least, long most) =>
        parsed.GetValue(option) is not { } value ? null
        : value >= least && value <= most ? value
        : throw new StepException($"{option.Name}: '{value}' is not from {least} to {most}");

    private static string Parent(string path)
    {
        bool good = path.Length > 1 && path.StartsWith('/');
        foreach (string part in path.Trim('/').Split('/'))
            good &= part is not ("" or "." or "..");
        return good ? path.TrimEnd('/') : throw new StepException($"--cgroup-parent: '{path}' is not an absolute path of a cgroup (systemd's slices are not there yet)");
    }

    private static long? Bytes(ParseResult parsed, Option<string> option, long least)
    {
        if (parsed.GetValue(option) is not { } text)
            return null;
        if (!ByteSize.TryParse(text, out long bytes))
            throw new StepException($"{option.Name}: '{text}' is no size: write bytes, or a number with k, m or g");
        return bytes >= least ? bytes : throw new StepException($"{option.Name}: '{text}' is less than {least} bytes, which no program runs with");
    }

    private static UlimitOption Ulimit(string text)
    {
        string[] parts = text.Split('=', 2);
        string[] values = parts.Length == 2 ? parts[1].Split(':') : [];
        if (values.Length is not (1 or 2) || !Rlimits.TryParse("RLIMIT_" + parts[0].ToUpperInvariant(), out _))
            throw new StepException($"--ulimit: '{text}' is not NAME=SOFT or NAME=SOFT:HARD with a name of getrlimit(2), as nofile=1024:4096");
        ulong soft = Value(values[0], text), hard = values.Length == 2 ? Value(values[1], text) : soft;
        return soft <= hard ? new UlimitOption(parts[0].ToLowerInvariant(), soft, hard) : throw new StepException($"--ulimit: '{text}': soft is more than hard");
    }

    private static ulong Value(string text, string all) =>
        text is "-1" or "unlimited" ? ulong.MaxValue
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? value
        : throw new StepException($"--ulimit: '{all}': '{text}' is no number");
}
