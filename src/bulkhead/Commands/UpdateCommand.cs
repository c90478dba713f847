using System.CommandLine;
using System.Globalization;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Cgroups;
using Bulkhead.Oci;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Commands;

/// <summary>update: the kernel's limits first, then the record, so that a later start has them too and a refused one is not kept.</summary>
internal static class UpdateCommand
{
    private const ulong Period = 100_000;

    private static readonly Option<string> Memory = new("--memory", "-m") { Description = "memory limit, as 512m", HelpName = "SIZE" };
    private static readonly Option<string> Swap = new("--memory-swap") { Description = "limit of memory and swap together; -1: swap without limit", HelpName = "SIZE" };
    private static readonly Option<string> Reservation = new("--memory-reservation") { Description = "soft memory limit", HelpName = "SIZE" };
    private static readonly Option<string> Cpus = new("--cpus") { Description = "CPUs, a fraction, as 1.5", HelpName = "N" };
    private static readonly Option<string> Shares = new("--cpu-shares", "-c") { Description = "weight against other containers, 1024 is normal", HelpName = "N" };
    private static readonly Option<string> CpuList = new("--cpuset-cpus") { Description = "CPUs to use, as 0-3,8", HelpName = "LIST" };
    private static readonly Option<string> MemList = new("--cpuset-mems") { Description = "memory nodes to use", HelpName = "LIST" };
    private static readonly Option<string> Pids = new("--pids-limit") { Description = "limit of tasks; -1: none", HelpName = "N" };

    private static readonly Option<string> Restart = new("--restart") { Description = "run it again when it ends: no, on-failure[:N], always, unless-stopped", HelpName = "POLICY" };

    public static Command Make()
    {
        var command = new Command("update", "Change limits and the restart policy of containers, and keep them for later starts")
        {
            Memory, Swap, Reservation, Cpus, Shares, CpuList, MemList, Pids, Restart,
        };
        EachCommand.Complete(command, (parsed, workload) => Update(workload, Changed(workload.Record.Options.Limits, parsed), Policy(workload, parsed)));
        return command;
    }

    private static void Update(Workload workload, LimitOptions limits, RestartPolicy policy)
    {
        Rootless.CheckLimits(limits);
        try
        {
            Apply(workload, Difference(limits, workload.Record.Options.Limits));
        }
        catch (StepException error)
        {
            throw FlagErrors.Of(error, workload.Record.Options with { Limits = limits });
        }
        workload.Folder.Save(workload.Record with { Options = workload.Record.Options with { Limits = limits, Restart = policy } });
        if (policy != workload.Record.Options.Restart)
            workload.Folder.ChangePolicy(policy);
        EventNotes.Note(workload.Record, "update");
    }

    private static void Apply(Workload workload, LinuxResources resources)
    {
        ConfigValidator.ValidateResources(resources, "update");
        if (!workload.IsRunning)
            return;
        CgroupResources map = ResourceMapper.Map(resources);
        map.Devices = null;
        Machine.Containers.Update(workload.Id, map);
    }

    private static RestartPolicy Policy(Workload workload, ParseResult parsed)
    {
        WorkloadOptions options = workload.Record.Options;
        if (parsed.GetValue(Restart) is not { } text)
            return options.Restart;
        RestartPolicy policy = RestartPolicy.Parse(text);
        return policy.Kind == RestartKind.No || !options.Remove ? policy : throw new StepException("--restart and --rm exclude each other");
    }

    private static LimitOptions Changed(LimitOptions old, ParseResult parsed)
    {
        LimitOptions changed = old with
        {
            Memory = Size(parsed, Memory) ?? old.Memory,
            MemorySwap = Size(parsed, Swap) ?? old.MemorySwap,
            MemoryReservation = Size(parsed, Reservation) ?? old.MemoryReservation,
            Cpus = Number(parsed, Cpus) is { } cpus ? (double)cpus : old.Cpus,
            CpuShares = Number(parsed, Shares) is { } shares ? (ulong)shares : old.CpuShares,
            CpusetCpus = parsed.GetValue(CpuList) ?? old.CpusetCpus,
            CpusetMems = parsed.GetValue(MemList) ?? old.CpusetMems,
            Pids = Number(parsed, Pids, lowest: -1) is { } pids ? (long)pids : old.Pids,
        };
        return changed != old || parsed.GetValue(Restart) is not null ? changed : throw new StepException("update: nothing to change was given: add --memory, --cpus, --pids-limit, --restart or another");
    }

    /// <summary>Only what was asked for: the rest of the kernel's values stays as it is.</summary>
    private static LinuxResources Difference(LimitOptions limits, LimitOptions old) => new()
    {
        Memory = new LinuxMemory
        {
            Limit = limits.Memory != old.Memory ? limits.Memory : null,
            // Without a limit of its own, swap ends where memory does.
            Swap = limits.MemorySwap != old.MemorySwap || limits.Memory != old.Memory ? limits.MemorySwap ?? limits.Memory : null,
            Reservation = limits.MemoryReservation != old.MemoryReservation ? limits.MemoryReservation : null,
        },
        Cpu = new LinuxCpu
        {
            Shares = limits.CpuShares != old.CpuShares ? limits.CpuShares : null,
            Period = limits.Cpus != old.Cpus ? Period : null,
            Quota = limits.Cpus != old.Cpus ? (long)(limits.Cpus! * Period) : null,
            Cpus = limits.CpusetCpus != old.CpusetCpus ? limits.CpusetCpus : null,
            Mems = limits.CpusetMems != old.CpusetMems ? limits.CpusetMems : null,
        },
        Pids = limits.Pids != old.Pids ? new LinuxPids { Limit = limits.Pids } : null,
    };

    private static long? Size(ParseResult parsed, Option<string> option)
    {
        if (parsed.GetValue(option) is not { } text)
            return null;
        return ByteSize.TryParse(text, out long bytes) ? bytes : throw new StepException($"{option.Name}: '{text}' is not a size such as 512m, or -1");
    }

    private static decimal? Number(ParseResult parsed, Option<string> option, int lowest = 0)
    {
        if (parsed.GetValue(option) is not { } text)
            return null;
        const NumberStyles Style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign;
        return decimal.TryParse(text, Style, CultureInfo.InvariantCulture, out decimal number) && number >= lowest && number != 0 && number < int.MaxValue
            ? number
            : throw new StepException($"{option.Name}: '{text}' is not a number that can be a limit");
    }
}
