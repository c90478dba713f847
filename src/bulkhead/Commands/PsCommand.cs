using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Commands;

/// <summary>ps.</summary>
internal static class PsCommand
{
    public static Command Make()
    {
        var all = new Option<bool>("--all", "-a") { Description = "those that do not run, too" };
        var quiet = new Option<bool>("--quiet", "-q") { Description = "ids only" };
        var command = new Command("ps", "List containers") { all, quiet };
        command.SetAction(parsed => Run(parsed.GetValue(all), parsed.GetValue(quiet)));
        return command;
    }

    private static int Run(bool all, bool quiet)
    {
        var rows = new List<string[]> { (string[])["CONTAINER ID", "COMMAND", "CREATED", "STATUS", "USER", "NAMES"] };
        foreach (Workload workload in Workload.All())
        {
            if (!all && !workload.IsRunning)
                continue;
            WorkloadRecord record = workload.Record;
            if (quiet)
                Output.Line(record.ShortId);
            else
                rows.Add([record.ShortId, string.Join(' ', record.Options.Command), record.Created[..19], workload.Status, record.Options.User ?? "-", record.Name]);
        }
        if (!quiet)
            TextTable.Write(rows);
        return 0;
    }
}
