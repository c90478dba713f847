using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using Bulkhead.Cli.Format;
using Bulkhead.Isolation.Hardened;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Cli.Commands;

/// <summary>stats: what running containers use, from their cgroups.</summary>
internal static class StatsCommand
{
    private const int Interval = 1000, FirstInterval = 250;

    private static readonly Option<bool> Once = new("--no-stream") { Description = "once, not every second" };
    private static readonly Option<string> Format = new("--format") { Description = "table, json (an object a line), a template or table with one", HelpName = "FORMAT" };
    private static readonly Argument<string[]> Names = ContainerArgument.Some(ArgumentArity.ZeroOrMore);

    private static readonly string[] Heading = ["CONTAINER ID", "NAME", "CPU %", "MEM USAGE / LIMIT", "MEM %", "NET I/O", "BLOCK I/O", "PIDS"];
    private static readonly string[] Keys = ["ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"];

    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

    private readonly record struct Sample(CgroupStats Stats, DateTime Time);

    public static Command Make()
    {
        var command = new Command("stats", "Show what running containers use") { Once, Format, Names };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        RowFormat format = RowFormat.Parse(parsed.GetValue(Format));
        bool once = parsed.GetValue(Once);
        string[] names = parsed.GetValue(Names) ?? [];
        foreach (string name in names)
            Workload.Find(name).RequireRunning();
        if (Rootless.WhyNoCgroup() is { } why)
            throw new StepException($"stats {CgroupAccess.Mend}: {why}");
        Dictionary<string, Sample> before = Take(names);
        for (int wait = FirstInterval; ; wait = Interval)
        {
            Sys.Pause(wait);
            Dictionary<string, Sample> now = Take(names);
            Show(now, before, format, once);
            if (once || (names.Length > 0 && now.Count == 0))
                return 0;
            before = now;
        }
    }

    private static Dictionary<string, Sample> Take(string[] names)
    {
        var samples = new Dictionary<string, Sample>();
        foreach (Workload workload in Workload.All())
        {
            if (!workload.IsRunning || (names.Length > 0 && !Array.Exists(names, name => name == workload.Name || workload.Id.StartsWith(name, StringComparison.Ordinal))))
                continue;
            try
            {
                samples[workload.Id] = new Sample(Machine.Containers.Stats(workload.Id), DateTime.UtcNow);
            }
            catch (Exception error) when (error is StepException or ContainerMissingException)
            {
                // It ended meanwhile.
            }
        }
        return samples;
    }

    private static void Show(Dictionary<string, Sample> now, Dictionary<string, Sample> before, RowFormat format, bool once)
    {
        var rows = new List<string[]> { Heading };
        foreach ((string id, Sample sample) in now)
            rows.Add(Row(id, sample, before.TryGetValue(id, out Sample earlier) ? earlier : sample));
        if (!format.IsTable)
        {
            format.Write(Keys, rows[1..]);
            return;
        }
        // Home and clear to the end (ECMA-48), so that a terminal shows one table.
        if (!once)
            Output.Write("\e[H\e[J");
        TextTable.Write(rows);
    }

    private static string[] Row(string id, Sample now, Sample before)
    {
        CgroupStats stats = now.Stats;
        double elapsed = (now.Time - before.Time).TotalNanoseconds;
        double cpu = elapsed > 0 ? 100.0 * (stats.Cpu.Total - before.Stats.Cpu.Total) / elapsed : 0;
        ulong limit = stats.Memory.Usage.Limit, usage = stats.Memory.Usage.Usage;
        string name = Machine.Store.Find(id).TryLoad()?.Name ?? "";
        return
        [
            id[..12], name, Percent(cpu), Bytes(usage) + " / " + Bytes(limit), Percent(limit > 0 ? 100.0 * usage / limit : 0),
            "0B / 0B", Bytes(Sum(stats, "Read")) + " / " + Bytes(Sum(stats, "Write")), stats.PidsCurrent.ToString(CultureInfo.InvariantCulture),
        ];
    }

    private static ulong Sum(CgroupStats stats, string operation)
    {
        ulong sum = 0;
        foreach (BlockStat line in stats.Blkio.ServiceBytes)
        {
            if (line.Op.Equals(operation, StringComparison.OrdinalIgnoreCase))
                sum += line.Value;
        }
        return sum;
    }

    private static string Percent(double value) => value.ToString("0.00", CultureInfo.InvariantCulture) + "%";

    private static string Bytes(ulong bytes)
    {
        double value = bytes;
        int unit = 0;
        for (; value >= 1024 && unit < 5; unit++)
            value /= 1024;
        return value.ToString("0.###", CultureInfo.InvariantCulture) + Units[unit];
    }
}
