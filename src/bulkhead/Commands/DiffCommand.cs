using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Linux;
using Bulkhead.Oci;
using Bulkhead.Workloads.Copy;

namespace Bulkhead.Cli.Commands;

/// <summary>diff: what a container changed in its root file system.</summary>
internal static class DiffCommand
{
    private static readonly (char Kind, string Name)[] Kinds = [('C', "changed"), ('A', "added"), ('D', "deleted")];

    public static Command Make()
    {
        var format = new Option<string>("--format") { Description = "lines of A (added), C (changed) and D (deleted), or json", HelpName = "json" };
        Argument<string> container = ContainerArgument.One();
        var command = new Command("diff", "List what a container changed in its root file system") { format, container };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(format) is not (null or "json"))
                throw new StepException($"--format: '{parsed.GetValue(format)}' is not known: the only one is json");
            Workload workload = Workload.Find(parsed.GetValue(container)!);
            List<LayerChange> changes = LayerDiff.Of(workload.Folder.LayerPath + "/upper", workload.Record.Options.Rootfs, MountPoints(workload));
            if (parsed.GetValue(format) is null)
                changes.ForEach(change => Output.Line(change.Kind + " " + Printable.Of(change.Path)));
            else
                Write(changes);
            return 0;
        });
        return command;
    }

    private static HashSet<string> MountPoints(Workload workload)
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
