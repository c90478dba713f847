using System.Globalization;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Cgroups;
using Bulkhead.Oci;

namespace Bulkhead.OciCli.Verbs;

internal static class UpdateVerb
{
    private const int MaxSize = 16 << 20;

    public static Verb Verb => new(
        "update", "[options] ID", "change a container's limits",
        [
            new("resources", "r", "FILE", "take linux.resources from FILE (- for standard input); the other options are then ignored"),
            new("blkio-weight", "", "N", "block I/O weight, 10 to 1000"),
            new("cpu-period", "", "US", "length of a CPU period in microseconds"),
            new("cpu-quota", "", "US", "CPU time in a period in microseconds; -1: no limit"),
            new("cpu-burst", "", "US", "unused CPU time that may be saved up"),
            new("cpu-share", "", "N", "CPU shares against other containers"),
            new("cpu-rt-period", "", "US", "length of a real-time period"),
            new("cpu-rt-runtime", "", "US", "real-time CPU time in a period"),
            new("cpuset-cpus", "", "LIST", "CPUs to use, as 0-3,8"),
            new("cpuset-mems", "", "LIST", "memory nodes to use"),
            new("memory", "", "SIZE", "memory limit, as 512m; -1: none"),
            new("memory-reservation", "", "SIZE", "soft memory limit"),
            new("memory-swap", "", "SIZE", "limit of memory and swap together; -1: none"),
            new("kernel-memory", "", "SIZE", "accepted and ignored: kernels have no such limit any more"),
            new("kernel-memory-tcp", "", "SIZE", "accepted and ignored, as in runc"),
            new("cpu-idle", "", "0|1", "1: run only when nothing else wants the CPU"),
            new("pids-limit", "", "N", "limit of tasks; -1: none"),
            new("l3-cache-schema", "", "SCHEMA", "not supported"),
            new("mem-bw-schema", "", "SCHEMA", "not supported"),
        ],
        (1, 1), Run, ["bulkhead-oci update --memory 512m --pids-limit 100 web1", "bulkhead-oci update --resources - web1 <limits.json"]);

    private static int Run(Invocation call)
    {
        RefuseCacheControl(call.Line, "l3-cache-schema");
        RefuseCacheControl(call.Line, "mem-bw-schema");
        string? file = call.Line.Get("resources");
        LinuxResources resources = file is { Length: > 0 } ? Read(file) : FromOptions(call.Line);
        ConfigValidator.ValidateResources(resources, file ?? "update");
        if (resources.Memory is { Kernel: not null } or { KernelTcp: not null })
            call.Log.Warn("kernel memory limits are ignored: the kernel has no such limit any more");
        CgroupResources limits = ResourceMapper.Map(resources);
        // runc leaves devices alone in an update too: engines send the rules of the start again, which would take away what was added since.
        limits.Devices = null;
        limits.KernelTcpMemory = null;
        call.Containers.Update(call.Id, limits);
        return 0;
    }

    private static void RefuseCacheControl(CommandLine line, string option)
    {
        if (line.Get(option) is { Length: > 0 })
            throw new StepException($"--{option}: cache and memory bandwidth control (resctrl) is not supported");
    }

    private static LinuxResources Read(string file)
    {
        using Fd fd = file == "-" ? Fd.Borrow(0) : Sys.OpenAt(Fd.Cwd, file, Fcntl.O_RDONLY).OrThrow("open", file);
        string name = file == "-" ? "standard input" : file;
        return ResourcesReader.Parse(Sys.ReadFile(fd, MaxSize).OrThrow("read", name), name);
    }

    private static LinuxResources FromOptions(CommandLine line) => new()
    {
        Memory = new LinuxMemory
        {
            Limit = Size(line, "memory"),
            Reservation = Size(line, "memory-reservation"),
            Swap = Size(line, "memory-swap"),
            Kernel = Size(line, "kernel-memory"),
            KernelTcp = Size(line, "kernel-memory-tcp"),
        },
        Cpu = new LinuxCpu
        {
            Shares = Unsigned(line, "cpu-share"),
            Quota = Signed(line, "cpu-quota"),
            Burst = Unsigned(line, "cpu-burst"),
            Period = Unsigned(line, "cpu-period"),
            RealtimeRuntime = Signed(line, "cpu-rt-runtime"),
            RealtimePeriod = Unsigned(line, "cpu-rt-period"),
            Cpus = Text(line, "cpuset-cpus"),
            Mems = Text(line, "cpuset-mems"),
            Idle = Signed(line, "cpu-idle"),
        },
        Pids = Signed(line, "pids-limit") is { } pids ? new LinuxPids { Limit = pids } : null,
        BlockIo = Weight(line) is { } weight ? new LinuxBlockIo { Weight = weight } : null,
    };

    /// <summary>An empty value is none, as in runc.</summary>
    private static string? Text(CommandLine line, string option) => line.Get(option) is { Length: > 0 } text ? text : null;

    private static long? Size(CommandLine line, string option)
    {
        if (Text(line, option) is not { } text)
            return null;
        return ByteSize.TryParse(text, out long bytes) ? bytes : throw Invalid(option, text, "a size such as 512m, or -1");
    }

    private static long? Signed(CommandLine line, string option)
    {
        if (Text(line, option) is not { } text)
            return null;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value : throw Invalid(option, text, "a number");
    }

    private static ulong? Unsigned(CommandLine line, string option)
    {
        if (Text(line, option) is not { } text)
            return null;
        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) ? value : throw Invalid(option, text, "a number");
    }

    private static ushort? Weight(CommandLine line) => Unsigned(line, "blkio-weight") switch
    {
        null or 0 => null,
        <= ushort.MaxValue and var weight => (ushort)weight,
        var weight => throw Invalid("blkio-weight", weight.Value.ToString(CultureInfo.InvariantCulture), "a weight from 10 to 1000"),
    };

    private static UsageException Invalid(string option, string text, string wanted) => new($"invalid value for {option}: '{text}' is not {wanted}");
}
