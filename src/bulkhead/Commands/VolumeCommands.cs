using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Text;
using System.Text.Json;
using Bulkhead.Cli.Format;
using Bulkhead.Cli.Options;
using Bulkhead.Linux;
using Bulkhead.Workloads.Volumes;

namespace Bulkhead.Cli.Commands;

/// <summary>volume create, ls, rm, inspect, prune.</summary>
internal static class VolumeCommands
{
    private const string AnonymousLabel = "com.docker.volume.anonymous";

    private static readonly string[] Keys = ["Availability", "Driver", "Group", "Labels", "Links", "Mountpoint", "Name", "Scope", "Size", "Status"];

    public static Command Make() => new("volume", "Commands on volumes: folders with a name, that outlive containers") { Create(), List(), Remove(), Inspect(), Prune() };

    private static Command Create()
    {
        var labels = new Option<string[]>("--label", "-l") { Description = "a note for ls and inspect", HelpName = "NAME[=VALUE]" };
        var driver = new Option<string>("--driver", "-d") { Description = "local, which is the only one", HelpName = "local" };
        var name = new Argument<string?>("NAME") { Arity = ArgumentArity.ZeroOrOne, Description = "its name (default: one is made up)" };
        var command = new Command("create", "Make a volume; one that is there already stays as it is") { labels, driver, name };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(driver) is not (null or "local"))
                throw new StepException($"--driver: '{parsed.GetValue(driver)}' is not known: the only one is local");
            KeyValuePair<string, string>[] pairs = Array.ConvertAll(parsed.GetValue(labels) ?? [], text => Words.Label(text, "--label"));
            Output.Line(Machine.Volumes.Ensure(VolumeStore.New(parsed.GetValue(name), pairs)).Name);
            return 0;
        });
        return command;
    }

    private static Command List()
    {
        var quiet = new Option<bool>("--quiet", "-q") { Description = "names only" };
        var filters = new Option<string[]>("--filter", "-f") { Description = "only those that match: name=, label=NAME[=VALUE], dangling=true|false", HelpName = "KEY=VALUE" };
        var format = new Option<string>("--format") { Description = "table, json (an object a line), a template or table with one", HelpName = "FORMAT" };
        var command = new Command("ls", "List volumes") { quiet, filters, format };
        command.Aliases.Add("list");
        command.SetAction(parsed =>
        {
            RowFormat shown = RowFormat.Parse(parsed.GetValue(format));
            bool names = parsed.GetValue(quiet);
            var rows = new List<string[]> { (string[])["DRIVER", "VOLUME NAME"] };
            foreach (VolumeRecord volume in Chosen(parsed.GetValue(filters) ?? []))
            {
                if (names)
                    Output.Line(volume.Name);
                else
                    rows.Add(shown.IsTable ? ["local", volume.Name] : Values(volume));
            }
            if (!names && shown.IsTable)
                TextTable.Write(rows);
            else if (!names)
                shown.Write(Keys, rows[1..]);
            return 0;
        });
        return command;
    }

    private static Command Remove()
    {
        var force = new Option<bool>("--force", "-f") { Description = "one that is missing is no error" };
        Argument<string[]> names = Names();
        var command = new Command("rm", "Remove volumes with all that is in them") { force, names };
        command.Aliases.Add("remove");
        command.SetAction(parsed => Each(parsed.GetValue(names)!, name =>
        {
            if (!parsed.GetValue(force) || Machine.Volumes.Find(name) is not null)
                Machine.Volumes.Remove(name);
            Output.Line(name);
        }));
        return command;
    }

    private static Command Inspect()
    {
        var format = new Option<string>("--format", "-f") { Description = "json, which is the default, or a template", HelpName = "FORMAT" };
        Argument<string[]> names = Names();
        var command = new Command("inspect", "Show all of volumes as JSON") { format, names };
        command.SetAction(parsed =>
        {
            Template? template = InspectCommand.Asked(parsed.GetValue(format));
            var found = new List<VolumeRecord>();
            int status = Each(parsed.GetValue(names)!, name => found.Add(Machine.Volumes.Find(name) ?? throw new StepException($"no such volume: {name}")));
            if (template is not null)
            {
                found.ForEach(volume => Output.Line(template.Apply(JsonOutput.Element(json => WriteDocument(json, volume)))));
                return status;
            }
            JsonOutput.Write(indented: true, json =>
            {
                json.WriteStartArray();
                found.ForEach(volume => WriteDocument(json, volume));
                json.WriteEndArray();
            });
            return status;
        });
        return command;
    }

    private static Command Prune()
    {
        var force = new Option<bool>("--force", "-f") { Description = "do not ask" };
        var all = new Option<bool>("--all", "-a") { Description = "those with a name, too" };
        var command = new Command("prune", "Remove volumes that no container names") { force, all };
        command.SetAction(parsed =>
        {
            bool named = parsed.GetValue(all);
            if (!parsed.GetValue(force) && !PruneCommand.Confirm(named ? "all volumes that no container names" : "all volumes without a name of their own that no container names"))
                return 0;
            var removed = new StringBuilder();
            int status = Each(Chosen(["dangling=true"]).FindAll(volume => named || volume.Anonymous).ConvertAll(volume => volume.Name), name =>
            {
                Machine.Volumes.Remove(name);
                removed.Append(name).Append('\n');
            });
            Output.Write(removed.Length > 0 ? "Deleted Volumes:\n" + removed : "Nothing to remove\n");
            return status;
        });
        return command;
    }

    private static Argument<string[]> Names()
    {
        var names = new Argument<string[]>("VOLUME") { Arity = ArgumentArity.OneOrMore, Description = "names", HelpName = "VOLUME" };
        names.CompletionSources.Add(_ => Machine.Volumes.All().ConvertAll(volume => volume.Name));
        return names;
    }

    private static List<VolumeRecord> Chosen(string[] filters)
    {
        List<VolumeRecord> chosen = Machine.Volumes.All();
        foreach (string filter in filters)
        {
            string[] parts = filter.Split('=', 2);
            string value = parts.Length == 2 ? parts[1] : "";
            chosen = chosen.FindAll(parts[0] switch
            {
                "name" => volume => volume.Name.Contains(value, StringComparison.Ordinal),
                "label" => volume => HasLabel(volume, value.Split('=', 2)),
                "dangling" when value is "true" or "1" => volume => Machine.Volumes.User(volume.Name) is null,
                "dangling" when value is "false" or "0" => volume => Machine.Volumes.User(volume.Name) is not null,
                _ => throw new StepException($"--filter: '{filter}' is not one of name=, label=, dangling=true, dangling=false"),
            });
        }
        return chosen;
    }

    private static bool HasLabel(VolumeRecord volume, string[] wanted) =>
        Array.Exists(Labels(volume), label => label.Key == wanted[0] && (wanted.Length == 1 || label.Value == wanted[1]));

    private static KeyValuePair<string, string>[] Labels(VolumeRecord volume) => volume.Anonymous ? [.. volume.Labels, new(AnonymousLabel, "")] : volume.Labels;

    private static string[] Values(VolumeRecord volume) =>
    [
        "N/A", "local", "N/A", string.Join(',', Array.ConvertAll(Labels(volume), pair => pair.Key + "=" + pair.Value)), "N/A",
        Machine.Volumes.PathOf(volume.Name), volume.Name, "local", "N/A", "N/A",
    ];

    private static void WriteDocument(Utf8JsonWriter json, VolumeRecord volume)
    {
        json.WriteStartObject();
        json.WriteString("CreatedAt", volume.Created);
        json.WriteString("Driver", "local");
        JsonOutput.Map(json, "Labels", Labels(volume));
        json.WriteString("Mountpoint", Machine.Volumes.PathOf(volume.Name));
        json.WriteString("Name", volume.Name);
        json.WriteNull("Options");
        json.WriteString("Scope", "local");
        json.WriteEndObject();
    }

    /// <summary>One's failure is told and does not keep the others from it.</summary>
    private static int Each(IEnumerable<string> names, Action<string> action)
    {
        int status = 0;
        foreach (string name in names)
        {
            try
            {
                action(name);
            }
            catch (StepException error)
            {
                Program.Say(error.Message);
                status = 1;
            }
        }
        return status;
    }
}
