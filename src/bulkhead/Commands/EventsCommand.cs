using System;
using System.CommandLine;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Workloads.Logs;

namespace Bulkhead.Cli.Commands;

/// <summary>events: the journal of the data folder, followed by inotify.</summary>
internal static class EventsCommand
{
    private static readonly Option<string> Since = new("--since") { Description = "from this time on: RFC 3339, seconds since 1970, or how long ago (10m); default: now", HelpName = "TIME" };
    private static readonly Option<string> Until = new("--until") { Description = "up to this time, then end", HelpName = "TIME" };
    private static readonly Option<string[]> Filters = new("--filter", "-f") { Description = "event=, container=, label=NAME[=VALUE] or type=", HelpName = "KEY=VALUE" };
    private static readonly Option<string> Format = new("--format") { Description = "json: one object a line", HelpName = "json" };

    public static Command Make()
    {
        var command = new Command("events", "Show what happens to containers, as it happens") { Since, Until, Filters, Format };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        DateTimeOffset since = LogsCommand.Time(parsed.GetValue(Since), "--since") ?? DateTimeOffset.UtcNow;
        DateTimeOffset until = LogsCommand.Time(parsed.GetValue(Until), "--until") ?? DateTimeOffset.MaxValue;
        EventFilter filter = EventFilter.Parse(parsed.GetValue(Filters) ?? []);
        bool json = JsonOutput.IsAsked(parsed.GetValue(Format));
        Machine.Store.MakeRoot();
        using Fd changes = Sys.InotifyInit(Inotify.IN_NONBLOCK).OrThrow("watch the events");
        Sys.InotifyAddWatch(changes, Machine.DataRoot, Inotify.IN_MODIFY).OrThrow("watch", Machine.DataRoot);
        using var reader = new LineReader(Machine.Events.Path, Workloads.Events.EventJournal.Files);
        for (; ; )
        {
            foreach (byte[] line in reader.Read())
            {
                if (EventLine.TryParse(line, out EventLine? found) && found.When >= since && found.When <= until && filter.Matches(found))
                    Output.Write((json ? System.Text.Encoding.UTF8.GetString(line) : found.ToString()) + "\n");
            }
            if (!AwaitMore(changes, until))
                return 0;
        }
    }

    /// <summary>False: the time is over.</summary>
    private static bool AwaitMore(Fd changes, DateTimeOffset until)
    {
        double left = until == DateTimeOffset.MaxValue ? -1 : (until - DateTimeOffset.UtcNow).TotalMilliseconds;
        if (until != DateTimeOffset.MaxValue && left <= 0)
            return false;
        Sys.PollOne(changes, Poll.POLLIN, left < 0 ? -1 : (int)Math.Min(left + 1, int.MaxValue)).OrThrow("wait for events");
        Span<byte> events = stackalloc byte[4096];
        while (Sys.Read(changes, events) is { Ok: true, Value: > 0 })
        {
            // What it was does not matter.
        }
        return true;
    }
}
