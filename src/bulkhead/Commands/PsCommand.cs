using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using Bulkhead.Cli.Format;
using Bulkhead.Linux;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Commands;

/// <summary>ps.</summary>
internal static class PsCommand
{
    private const int CommandWidth = 20;

    private static readonly Option<bool> All = new("--all", "-a") { Description = "those that do not run, too" };
    private static readonly Option<bool> Quiet = new("--quiet", "-q") { Description = "ids only" };
    private static readonly Option<bool> NoTruncation = new("--no-trunc") { Description = "whole ids and commands" };
    private static readonly Option<string[]> Filters = new("--filter", "-f") { Description = "only those that match: name=, id=, status=, label=NAME[=VALUE]", HelpName = "KEY=VALUE" };
    private static readonly Option<bool> Latest = new("--latest", "-l") { Description = "only the one made last, whatever it does" };
    private static readonly Option<int?> LastOption = new("--last", "-n") { Description = "only the N made last, whatever they do", HelpName = "N" };
    private static readonly Option<string> Format = new("--format") { Description = "table, json (an object a line), a template or table with one", HelpName = "FORMAT" };

    private static readonly string[] Heading = ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "USER INSIDE", "USER OUTSIDE", "LOOSENINGS", "NAMES"];

    private static readonly string[] Keys =
        ["ID", "Command", "CreatedAt", "RunningFor", "Status", "State", "Names", "Labels", "Image", "Networks", "Ports", "UserInside", "UserOutside", "Loosenings"];

    public static Command Make(string name = "ps", params string[] aliases)
    {
        var command = new Command(name, "List containers") { All, Quiet, NoTruncation, Filters, Latest, LastOption, Format };
        foreach (string alias in aliases)
            command.Aliases.Add(alias);
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        RowFormat format = RowFormat.Parse(parsed.GetValue(Format));
        bool quiet = parsed.GetValue(Quiet), whole = parsed.GetValue(NoTruncation);
        List<Workload> shown = Chosen(parsed);
        var rows = new List<string[]> { Heading };
        foreach (Workload workload in shown)
        {
            string id = whole ? workload.Id : workload.Record.ShortId;
            if (quiet)
                Output.Line(id);
            else
                rows.Add(format.IsTable ? Row(workload, id, whole) : Values(workload, id, whole));
        }
        if (!quiet && format.IsTable)
            TextTable.Write(rows);
        else if (!quiet)
            format.Write(Keys, rows[1..]);
        return 0;
    }

    private static List<Workload> Chosen(ParseResult parsed)
    {
        int last = parsed.GetValue(Latest) ? 1 : parsed.GetValue(LastOption) ?? 0;
        ContainerFilter filter = ContainerFilter.Parse(parsed.GetValue(Filters) ?? []);
        bool all = parsed.GetValue(All) || last > 0 || filter.NamesStatus;
        List<Workload> chosen = Workload.All().FindAll(workload => (all || workload.IsRunning) && filter.Matches(workload));
        return last > 0 && last < chosen.Count ? chosen[..last] : chosen;
    }

    private static string[] Row(Workload workload, string id, bool whole)
    {
        (string inside, string outside) = Users(workload);
        return
        [
            id, ImageText(workload), Command(workload, whole), Durations.Since(workload.Record.Created) + " ago", Status(workload), inside, outside,
            Rootless.Loosened(workload.Record.Options).Count.ToString(CultureInfo.InvariantCulture), workload.Name,
        ];
    }

    private static string[] Values(Workload workload, string id, bool whole)
    {
        (string inside, string outside) = Users(workload);
        WorkloadRecord record = workload.Record;
        string labels = string.Join(',', Array.ConvertAll(record.Options.Labels, pair => pair.Key + "=" + pair.Value));
        return
        [
            id, Command(workload, whole), record.Created, Durations.Since(record.Created) + " ago", Status(workload), workload.Status, record.Name, labels, record.Options.Image?.Name ?? "",
            record.Options.Network, "", inside, outside, Rootless.Loosened(record.Options).Count.ToString(CultureInfo.InvariantCulture),
        ];
    }

    /// <summary>Unsigned ones are marked.</summary>
    private static string ImageText(Workload workload) => workload.Record.Options.Image is not { } image ? "-" : image.Signer is null ? image.Name + " (unsigned)" : image.Name;

    /// <summary>"?": the root file system, which has the names of users, is gone.</summary>
    private static (string Inside, string Outside) Users(Workload workload)
    {
        try
        {
            Identity identity = Identity.Of(workload.Record.Options, workload.Folder);
            return (identity.InsideText, identity.OutsideText);
        }
        catch (StepException)
        {
            return ("?", "?");
        }
    }

    private static string Command(Workload workload, bool whole)
    {
        string text = Printable.Of(string.Join(' ', workload.Record.Options.Words).Replace('\n', ' '));
        return "\"" + (whole || text.Length <= CommandWidth ? text : text[..(CommandWidth - 1)] + "…") + "\"";
    }

    private static string HealthText(Workload workload) => workload.Health?.Status switch
    {
        null => "",
        HealthRecord.Starting => " (health: starting)",
        string status => $" ({status})",
    };

    private static string Status(Workload workload) => workload.Status switch
    {
        "running" => "Up " + Durations.Since(workload.State!.Created) + HealthText(workload),
        "paused" => "Up " + Durations.Since(workload.State!.Created) + " (Paused)",
        "exited" => string.Create(CultureInfo.InvariantCulture, $"Exited ({workload.Exit?.Status ?? 0}) {Durations.Since(workload.Exit?.Finished ?? "")} ago"),
        Workload.RestartingStatus => string.Create(CultureInfo.InvariantCulture, $"Restarting ({workload.Exit?.Status ?? 0}) {Durations.Since(workload.Exit?.Finished ?? "")} ago"),
        string status => char.ToUpperInvariant(status[0]) + status[1..],
    };
}
