using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Cli.Format;
using Bulkhead.Cli.Images;
using Bulkhead.Images;
using Bulkhead.Images.References;

namespace Bulkhead.Cli.Commands;

/// <summary>images, and image ls.</summary>
internal static class ImagesCommand
{
    private const string None = "<none>";

    private static readonly string[] Heading = ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE", "SIGNED BY"];
    private static readonly string[] Keys =
        ["Containers", "CreatedAt", "CreatedSince", "Digest", "ID", "Repository", "SharedSize", "SignedBy", "Size", "Tag", "UniqueSize", "VirtualSize"];

    public static Command Make(string verb)
    {
        var quiet = new Option<bool>("--quiet", "-q") { Description = "ids only" };
        var all = new Option<bool>("--all", "-a") { Description = "as Docker's: all are always shown" };
        var whole = new Option<bool>("--no-trunc") { Description = "whole ids" };
        var digests = new Option<bool>("--digests") { Description = "digests of manifests, too" };
        var format = new Option<string>("--format") { Description = "table, json (an object a line), a template or table with one", HelpName = "FORMAT" };
        var filters = new Option<string[]>("--filter", "-f") { Description = "only those that match: reference=PATTERN, dangling=true|false, label=NAME[=VALUE], before=IMAGE, since=IMAGE, until=TIME", HelpName = "KEY=VALUE" };
        var name = new Argument<string?>("NAME") { Arity = ArgumentArity.ZeroOrOne, Description = "only those of this repository, or this one of it" };
        var command = new Command(verb, "List images") { quiet, all, whole, digests, format, filters, name };
        command.SetAction(parsed =>
        {
            List<LoadedImage> images = Chosen(parsed.GetValue(name), ImageFilter.Parse(parsed.GetValue(filters) ?? []));
            RowFormat shown = RowFormat.Parse(parsed.GetValue(format));
            if (parsed.GetValue(quiet))
                Quiet(images, parsed.GetValue(whole));
            else if (shown.IsTable)
                Table(images, parsed.GetValue(whole), parsed.GetValue(digests));
            else
                shown.Write(Keys, images.ConvertAll(image => Values(image, parsed.GetValue(whole))));
            return 0;
        });
        return command;
    }

    private static List<LoadedImage> Chosen(string? name, ImageFilter filter)
    {
        ImageReference? only = name is null ? null : ImageReference.Parse(name);
        bool tagged = name is not null && (only!.Digest is not null || name.LastIndexOf(':') > name.LastIndexOf('/'));
        List<LoadedImage> images = Machine.Images.All().FindAll(image => filter.Matches(image)
            && (only is null || (tagged ? image.Name == only.ToString() : image.Reference?.Name == only.Name)));
        images.Sort((a, b) => string.CompareOrdinal(b.Config.Created, a.Config.Created));
        return images;
    }

    /// <summary>One image may have several names: its id is shown once.</summary>
    private static void Quiet(List<LoadedImage> images, bool whole)
    {
        var seen = new HashSet<string>();
        foreach (LoadedImage image in images)
        {
            string id = whole ? image.Id.Text : image.Id.ShortHex;
            if (seen.Add(id))
                Output.Line(id);
        }
    }

    private static void Table(List<LoadedImage> images, bool whole, bool digests)
    {
        var rows = new List<string[]> { digests ? [Heading[0], Heading[1], "DIGEST", .. Heading[2..]] : Heading };
        foreach (LoadedImage image in images)
        {
            string[] row = Row(image, whole);
            rows.Add(digests ? [row[0], row[1], image.Named.Target.Digest, .. row[2..]] : row);
        }
        TextTable.Write(rows);
    }

    private static string[] Row(LoadedImage image, bool whole) =>
    [
        image.Reference?.FamiliarName ?? None, image.Reference?.Tag ?? None, whole ? image.Id.Text : image.Id.ShortHex, Since(image),
        Sizes.Of(Machine.Images.SizeOf(image)), ImageSource.SignerOf(image) ?? "unsigned",
    ];

    private static string[] Values(LoadedImage image, bool whole)
    {
        string[] row = Row(image, whole);
        return ["N/A", image.Config.Created ?? "", Since(image), image.Named.Target.Digest, row[2], row[0], "N/A", row[5], row[4], row[1], "N/A", row[4]];
    }

    private static string Since(LoadedImage image) => image.Config.Created is { } created ? Durations.Since(created) + " ago" : "N/A";
}
