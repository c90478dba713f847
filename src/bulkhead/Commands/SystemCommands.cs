using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using Bulkhead.Cli.Format;
using Bulkhead.Cli.Images;
using Bulkhead.Images;
using Bulkhead.Linux;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Volumes;

namespace Bulkhead.Cli.Commands;

/// <summary>system df: what takes room, and how much of it nothing needs.</summary>
internal static class SystemCommands
{
    private static readonly string[] Keys = ["Type", "TotalCount", "Active", "Size", "Reclaimable"];

    public static Command Make() => new("system", "Commands on all that is kept") { Usage() };

    private static Command Usage()
    {
        var format = new Option<string>("--format") { Description = "table, json (an object a line), a template or table with one", HelpName = "FORMAT" };
        var command = new Command("df", "Show what images, containers and volumes take on the disk") { format };
        command.SetAction(parsed =>
        {
            List<string[]> rows = [Images(), Containers(), Volumes()];
            RowFormat shown = RowFormat.Parse(parsed.GetValue(format));
            if (shown.IsTable)
                TextTable.Write([["TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE"], .. rows]);
            else
                shown.Write(Keys, rows);
            return 0;
        });
        return command;
    }

    /// <summary>Packed and unpacked; a layer counts once, however many images have it.</summary>
    private static string[] Images()
    {
        ImageLibrary library = Machine.Images;
        var used = new HashSet<string>();
        foreach (WorkloadFolder folder in Machine.Store.All())
            used.Add(folder.TryLoad()?.Options.Image?.Manifest ?? "");
        List<LoadedImage> all = library.All();
        var needed = new HashSet<string>();
        foreach (LoadedImage image in all.FindAll(image => used.Contains(image.Named.Manifest)))
        {
            needed.UnionWith(image.Config.Root.DiffIds);
            needed.UnionWith(Array.ConvertAll(image.Manifest.Layers!, layer => layer.Digest));
            needed.UnionWith([image.Id.Text, image.Named.Manifest, image.Named.Target.Digest]);
        }
        long size = 0, active = 0;
        void Add(Digest digest, long bytes)
        {
            size += bytes;
            active += needed.Contains(digest.Text) ? bytes : 0;
        }
        foreach ((Digest digest, long bytes) in library.Content.All())
            Add(digest, bytes);
        foreach (Digest diffId in library.Layers.All())
            Add(diffId, library.Layers.Record(diffId)?.Size ?? 0);
        return Row("Images", all.Count, all.FindAll(image => used.Contains(image.Named.Manifest)).Count, size, size - active);
    }

    private static string[] Containers()
    {
        List<Workload> all = Workload.All();
        long size = 0, active = 0;
        foreach (Workload workload in all)
        {
            long bytes = TreeSize.Of(workload.Folder.LayerPath + "/upper");
            size += bytes;
            active += workload.IsRunning ? bytes : 0;
        }
        return Row("Containers", all.Count, all.FindAll(workload => workload.IsRunning).Count, size, size - active);
    }

    private static string[] Volumes()
    {
        VolumeStore store = Machine.Volumes;
        List<VolumeRecord> all = store.All();
        long size = 0, active = 0;
        int used = 0;
        foreach (VolumeRecord volume in all)
        {
            long bytes = TreeSize.Of(store.PathOf(volume.Name));
            bool needed = store.User(volume.Name) is not null;
            (size, active, used) = (size + bytes, active + (needed ? bytes : 0), used + (needed ? 1 : 0));
        }
        return Row("Local Volumes", all.Count, used, size, size - active);
    }

    private static string[] Row(string type, int total, int active, long size, long reclaimable) =>
    [
        type, total.ToString(CultureInfo.InvariantCulture), active.ToString(CultureInfo.InvariantCulture), Sizes.Of(size),
        string.Create(CultureInfo.InvariantCulture, $"{Sizes.Of(reclaimable)} ({(size > 0 ? reclaimable * 100 / size : 0)}%)"),
    ];
}
