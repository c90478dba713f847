using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using Bulkhead.Cli.Format;
using Bulkhead.Cli.Images;
using Bulkhead.Images;
using Bulkhead.Images.References;
using Bulkhead.Images.Store;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Commands;

/// <summary>rmi, tag, history, and image with all verbs as Docker groups them.</summary>
internal static class ImageCommands
{
    private const int CreatedByWidth = 45;

    private static readonly string[] HistoryKeys = ["ID", "CreatedAt", "CreatedSince", "CreatedBy", "Size", "Comment"];

    public static Command Group() => new("image", "Commands on images")
    {
        ImagesCommand.Make("ls"), PullCommand.Make(), PushCommand.Make(), Remove("rm"), Tag(), TagsCommand.Make(), History(), Inspect(), Prune(), ArchiveCommands.Save(), ArchiveCommands.Load(), ArchiveCommands.Import(),
    };

    public static Command Remove(string verb)
    {
        var force = new Option<bool>("--force", "-f") { Description = "also while a container names it, and one that is missing is no error" };
        var names = new Argument<string[]>("IMAGE") { Arity = ArgumentArity.OneOrMore, Description = "names, or beginnings of ids" };
        var command = new Command(verb, "Take names from images; what no name and no container needs is removed") { force, names };
        command.SetAction(parsed =>
        {
            bool forced = parsed.GetValue(force);
            int status = 0;
            foreach (string name in parsed.GetValue(names)!)
            {
                try
                {
                    RemoveOne(name, forced);
                }
                catch (StepException error)
                {
                    Program.Say(error.Message);
                    status = 1;
                }
            }
            ImageGarbage.Collect(untagged: false);
            return status;
        });
        return command;
    }

    public static Command Tag()
    {
        var from = new Argument<string>("IMAGE") { Description = "a name, or the beginning of an id" };
        var to = new Argument<string>("NAME") { Description = "its further name: [REGISTRY/]NAME[:TAG]" };
        var command = new Command("tag", "Give an image a further name") { from, to };
        command.SetAction(parsed =>
        {
            using var held = StoreLock.Shared(Machine.Images.Root);
            LoadedImage image = Machine.Images.Require(parsed.GetValue(from)!);
            ImageReference name = ImageReference.Parse(parsed.GetValue(to)!);
            if (name.Digest is not null)
                throw new StepException($"tag: '{name}' has a digest: a name ends with a tag");
            Machine.Images.Names.Put(image.Named with { Reference = name.ToString() });
            return 0;
        });
        return command;
    }

    public static Command History()
    {
        var quiet = new Option<bool>("--quiet", "-q") { Description = "ids only" };
        var whole = new Option<bool>("--no-trunc") { Description = "whole commands" };
        var human = new Option<bool>("--human", "-H") { Description = "sizes and times for people (default; =false: bytes and dates)", DefaultValueFactory = _ => true };
        var format = new Option<string>("--format") { Description = "table, json (an object a line), a template or table with one", HelpName = "FORMAT" };
        var name = new Argument<string>("IMAGE") { Description = "a name, or the beginning of an id" };
        var command = new Command("history", "Show how an image came to be, the last step first") { quiet, whole, human, format, name };
        command.SetAction(parsed =>
        {
            List<string[]> rows = HistoryRows(Machine.Images.Require(parsed.GetValue(name)!), parsed.GetValue(whole), parsed.GetValue(human));
            RowFormat shown = RowFormat.Parse(parsed.GetValue(format));
            if (parsed.GetValue(quiet))
                rows.ForEach(row => Output.Line(row[0]));
            else if (shown.IsTable)
                TextTable.Write([["IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"], .. rows.ConvertAll(row => (string[])[row[0], row[2], row[3], row[4], row[5]])]);
            else
                shown.Write(HistoryKeys, rows);
            return 0;
        });
        return command;
    }

    private static Command Inspect()
    {
        var format = new Option<string>("--format", "-f") { Description = "json, which is the default, or a template", HelpName = "FORMAT" };
        var names = new Argument<string[]>("IMAGE") { Arity = ArgumentArity.OneOrMore, Description = "names, or beginnings of ids" };
        var command = new Command("inspect", "Show all of images as JSON") { format, names };
        command.SetAction(parsed =>
        {
            LoadedImage[] images = Array.ConvertAll(parsed.GetValue(names)!, Machine.Images.Require);
            Template? template = InspectCommand.Asked(parsed.GetValue(format));
            if (template is null)
                JsonOutput.Write(indented: true, json => JsonOutput.Array(json, images, ImageDocument.Write));
            foreach (LoadedImage image in template is null ? [] : images)
                Output.Line(template!.Apply(JsonOutput.Element(json => ImageDocument.Write(json, image))));
            return 0;
        });
        return command;
    }

    private static Command Prune()
    {
        var force = new Option<bool>("--force", "-f") { Description = "do not ask" };
        var all = new Option<bool>("--all", "-a") { Description = "also those with a name, when no container names them" };
        var filters = new Option<string[]>("--filter") { Description = "only those that match, as images has it", HelpName = "KEY=VALUE" };
        var command = new Command("prune", "Remove what no name and no container needs") { force, all, filters };
        command.SetAction(parsed =>
        {
            bool named = parsed.GetValue(all);
            string[] wanted = parsed.GetValue(filters) ?? [];
            ImageFilter filter = ImageFilter.Parse(wanted);
            if (!parsed.GetValue(force) && !PruneCommand.Confirm(named ? "all images that no container names" : "content that no image and no container needs"))
                return 0;
            foreach (NamedImage image in Machine.Images.Names.All())
            {
                if ((wanted.Length == 0 ? named : (named || image.Reference.Length == 0) && filter.Matches(Machine.Images.Load(image))) && User(image) is null)
                    Drop(image);
            }
            Output.Line("Total reclaimed space: " + Sizes.Of(ImageGarbage.Collect(untagged: wanted.Length == 0).Bytes));
            return 0;
        });
        return command;
    }

    private static void RemoveOne(string name, bool force)
    {
        if (Machine.Images.Find(name) is not { } image)
        {
            if (force)
                return;
            throw new StepException($"no such image: {name}");
        }
        bool byName = !image.Id.Text.StartsWith(name, StringComparison.Ordinal) && !image.Id.Hex.StartsWith(name, StringComparison.Ordinal);
        List<NamedImage> gone = byName ? [image.Named] : Machine.Images.Names.All().FindAll(other => other.Manifest == image.Named.Manifest);
        foreach (NamedImage named in gone)
        {
            // Another name of the same image keeps it for the container.
            bool last = Machine.Images.Names.All().FindAll(other => other.Manifest == named.Manifest).Count == 1;
            if (!force && last && User(named) is { } user)
                throw new StepException($"image {(named.Reference.Length > 0 ? named.Reference : named.Target.Digest)} is in use by container {user.Name} ({user.ShortId}): remove the container first, or give --force");
            Drop(named);
        }
    }

    private static void Drop(NamedImage named)
    {
        if (named.Reference.Length > 0)
            Machine.Images.Names.Remove(named.Reference);
        else
            Machine.Images.Names.RemoveUntagged(Digest.Parse(named.Target.Digest, "an image without a name"));
        Output.Line("Untagged: " + (named.Reference.Length > 0 ? named.Reference : named.Target.Digest));
    }

    /// <summary>The first container that was made from it; null: none.</summary>
    private static WorkloadRecord? User(NamedImage image)
    {
        foreach (WorkloadFolder folder in Machine.Store.All())
        {
            if (folder.TryLoad() is { Options.Image: { } used } record && used.Manifest == image.Manifest)
                return record;
        }
        return null;
    }

    private static List<string[]> HistoryRows(LoadedImage image, bool whole, bool human)
    {
        var rows = new List<string[]>();
        int layer = 0;
        foreach (HistoryEntry entry in image.Config.History ?? [])
        {
            long size = entry.EmptyLayer == true || layer >= image.Config.Root.DiffIds.Length ? 0
                : Machine.Images.Layers.Record(Digest.Parse(image.Config.Root.DiffIds[layer++], image.Name))?.Size ?? 0;
            string by = Printable.Of(entry.CreatedBy ?? "");
            rows.Add(["<missing>", entry.Created ?? "", entry.Created is not { } created ? "N/A" : human ? Durations.Since(created) + " ago" : created,
                whole || by.Length <= CreatedByWidth ? by : by[..(CreatedByWidth - 1)] + "…", human ? Sizes.Of(size) : size.ToString(CultureInfo.InvariantCulture), Printable.Of(entry.Comment ?? "")]);
        }
        if (rows.Count > 0)
            rows[^1][0] = whole ? image.Id.Text : image.Id.ShortHex;
        rows.Reverse();
        return rows;
    }
}
