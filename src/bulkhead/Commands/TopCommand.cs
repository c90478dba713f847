using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using Bulkhead.Cli.Format;
using Bulkhead.Linux;

namespace Bulkhead.Cli.Commands;

/// <summary>top: the processes of a container, from proc(5) of the host.</summary>
internal static class TopCommand
{
    /// <summary>USER_HZ of x86-64.</summary>
    private const ulong TicksPerSecond = 100;

    private static readonly string[] Heading = ["UID", "PID", "PPID", "PID INSIDE", "STATE", "TIME", "CMD"];
    private static readonly string[] Keys = ["UID", "PID", "PPID", "PIDInside", "State", "Time", "Command"];

    public static Command Make()
    {
        var format = new Option<string>("--format") { Description = "table, json (an object a line), a template or table with one", HelpName = "FORMAT" };
        Argument<string> container = ContainerArgument.One();
        var command = new Command("top", "List the processes of a container, with their ids on both sides") { format, container };
        command.SetAction(parsed =>
        {
            RowFormat shown = RowFormat.Parse(parsed.GetValue(format));
            Workload workload = Workload.Find(parsed.GetValue(container)!).RequireRunning();
            var rows = new List<string[]> { Heading };
            foreach (int pid in Machine.Containers.Pids(workload.Id))
            {
                if (Row(pid) is { } row)
                    rows.Add(row);
            }
            if (shown.IsTable)
                TextTable.Write(rows);
            else
                shown.Write(Keys, rows[1..]);
            return 0;
        });
        return command;
    }

    /// <summary>Null: it ended meanwhile.</summary>
    private static string[]? Row(int pid)
    {
        string folder = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/");
        if (HostFile.Read(folder + "status") is not { } status || HostFile.Read(folder + "stat") is not { } stat)
            return null;
        // The name in brackets may have spaces and brackets: the fields are counted from the last one.
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string command = (HostFile.Read(folder + "cmdline") ?? "").TrimEnd('\0').Replace('\0', ' ');
        string[] pids = (HostFile.Field(status, "NSpid:") ?? "?").Split('\t');
        return
        [
            First(status, "Uid:"), pid.ToString(CultureInfo.InvariantCulture), First(status, "PPid:"), pids[^1], First(status, "State:"), Time(fields),
            command.Length > 0 ? Printable.Of(command) : "[" + Printable.Of(HostFile.Field(status, "Name:") ?? "") + "]",
        ];
    }

    private static string First(string status, string key) => (HostFile.Field(status, key) ?? "?").Split('\t', ' ')[0];

    /// <summary>utime and stime: fields 14 and 15 of proc_pid_stat(5), which begin with 3 here.</summary>
    private static string Time(string[] fields)
    {
        const int User = 14 - 3;
        if (fields.Length <= User + 1 || !ulong.TryParse(fields[User], out ulong user) || !ulong.TryParse(fields[User + 1], out ulong system))
            return "?";
        return TimeSpan.FromSeconds((user + system) / TicksPerSecond).ToString("c", CultureInfo.InvariantCulture);
    }
}
