using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Cli.Format;
using Bulkhead.Linux;
using Bulkhead.Oci;
using Bulkhead.Workloads.Compose;
using Bulkhead.Workloads.Copy;

namespace Bulkhead.Cli.Commands;

/// <summary>diff: what a container changed in its root file system.</summary>
internal static class DiffCommand
{
    private static readonly (char Kind, string Name)[] Kinds = [('C', "changed"), ('A', "added"), ('D', "deleted")];

    private static readonly string[] Heading = ["KIND", "PATH"], Keys = ["Kind", "Path"];

    public static Command Make()
    {
        var format = new Option<string>("--format") { Description = "table, json (a list for each kind), a template or table with one; default: lines of A (added), C (changed) and D (deleted)", HelpName = "FORMAT" };
        Argument<string> container = ContainerArgument.One();
        var command = new Command("diff", "List what a container changed in its root file system") { format, container };
        command.SetAction(parsed =>
        {
            string? asked = parsed.GetValue(format);
            RowFormat shown = RowFormat.Parse(asked);
            Workload workload = Workload.Find(parsed.GetValue(container)!);
            ContainerFiles.Enter();
            List<LayerChange> changes = LayerDiff.Of(workload.Folder.LayerPath + "/upper", RootPath.Of(workload.Record.Options), MountPoints(workload));
            List<string[]> rows = changes.ConvertAll(change => (string[])[change.Kind.ToString(), Printable.Of(change.Path)]);
            if (asked is null)
                rows.ForEach(row => Output.Line(string.Join(' ', row)));
            else if (asked == "json")
                Write(changes);
            else if (shown.IsTable)
                TextTable.Write([Heading, .. rows]);
            else
                shown.Write(Keys, rows);
            return 0;
        });
        return command;
    }

    public static HashSet<string> MountPoints(Workload workload)
    {
        var points = new HashSet<string>();
        foreach (Mount mount in workload.Folder.Config()?.Mounts ?? [])
            points.Add(mount.Destination);
        return points;
    }

    /// <summary>podman's document: a list of paths for each kind.</summary>
    private static void Write(List<LayerChange> changes) => JsonOutput.Write(indented: true, json =>
    {
        json.WriteStartObject();
        foreach ((char kind, string name) in Kinds)
        {
            List<LayerChange> some = changes.FindAll(change => change.Kind == kind);
            if (some.Count > 0)
                JsonOutput.Texts(json, name, some.ConvertAll(change => change.Path));
        }
        json.WriteEndObject();
    });
}
