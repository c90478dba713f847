using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Oci;
using Bulkhead.Workloads.Attach;
using Bulkhead.Workloads.Logs;

namespace Bulkhead.Cli.Commands;

/// <summary>logs: what was written to stdout comes on stdout, and so on.</summary>
internal static class LogsCommand
{
    private static readonly Option<bool> Follow = new("--follow", "-f") { Description = "go on until the container ends" };
    private static readonly Option<string> Since = new("--since") { Description = "from this time on: RFC 3339, seconds since 1970, or how long ago (10m)", HelpName = "TIME" };
    private static readonly Option<string> Until = new("--until") { Description = "up to this time", HelpName = "TIME" };
    private static readonly Option<string> Tail = new("--tail", "-n") { Description = "the last N lines only (default: all)", HelpName = "N" };
    private static readonly Option<bool> Timestamps = new("--timestamps", "-t") { Description = "the time before each line" };
    private static readonly Argument<string> Name = ContainerArgument.One();

    public static Command Make()
    {
        var command = new Command("logs", "Show what a container has written") { Follow, Since, Until, Tail, Timestamps, Name };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        Workload workload = Workload.Find(parsed.GetValue(Name)!);
        DateTimeOffset since = Time(parsed.GetValue(Since), "--since") ?? DateTimeOffset.MinValue;
        DateTimeOffset until = Time(parsed.GetValue(Until), "--until") ?? DateTimeOffset.MaxValue;
        bool times = parsed.GetValue(Timestamps);
        bool follow = parsed.GetValue(Follow);
        // Its program has ended, but its monitor may still write what was in the pipes.
        if (follow && workload.Status == "exited")
            MonitorConnection.AwaitEnd(workload.Folder);
        using LogFollower? follower = follow && workload.IsRunning ? LogFollower.Start(workload) : null;
        using var reader = new LogReader(workload.Folder.LogPath, workload.Record.Options.Logs.MaxFiles);
        foreach (LogEntry entry in Last(Within(reader.Read(), since, until), Lines(parsed.GetValue(Tail))))
            Print(entry, times);
        bool ended = follower is null;
        while (!ended)
        {
            ended = follower!.AwaitMore();
            foreach (LogEntry entry in Within(reader.Read(), since, until))
                Print(entry, times);
            ended |= DateTimeOffset.UtcNow > until;
        }
        return 0;
    }

    private static IEnumerable<LogEntry> Within(IEnumerable<LogEntry> entries, DateTimeOffset since, DateTimeOffset until)
    {
        foreach (LogEntry entry in entries)
        {
            if (entry.When >= since && entry.When <= until)
                yield return entry;
        }
    }

    private static IEnumerable<LogEntry> Last(IEnumerable<LogEntry> entries, int count)
    {
        if (count == int.MaxValue)
            return entries;
        var last = new Queue<LogEntry>();
        foreach (LogEntry entry in entries)
        {
            last.Enqueue(entry);
            if (last.Count > count)
                last.Dequeue();
        }
        return last;
    }

    private static void Print(LogEntry entry, bool times)
    {
        byte[] line = times ? [.. System.Text.Encoding.ASCII.GetBytes(entry.Time + " "), .. entry.Text] : entry.Text;
        Errno error = Sys.WriteAll(Fd.Borrow(entry.IsError ? 2 : 1), line);
        if (error != Errno.None)
            throw new StepException("write the log out", error);
    }

    private static int Lines(string? text)
    {
        if (text is null or "all")
            return int.MaxValue;
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int count)
            ? count < 0 ? int.MaxValue : count
            : throw new StepException($"--tail: '{text}' is not a number, and not all");
    }

    public static DateTimeOffset? Time(string? text, string flag)
    {
        if (text is null)
            return null;
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal seconds) && seconds < 250_000_000_000)
            return DateTimeOffset.UnixEpoch.AddTicks((long)(seconds * TimeSpan.TicksPerSecond));
        if (GoDuration.TryParse(text, out int milliseconds))
            return DateTimeOffset.UtcNow.AddMilliseconds(-milliseconds);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out DateTimeOffset time)
            ? time
            : throw new StepException($"{flag}: '{text}' is not a time such as 2026-01-31T12:00:00Z, 1769860800 or 10m");
    }
}
