using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Cli.Format;
using Bulkhead.Cli.Options;
using Bulkhead.Images.References;
using Bulkhead.Images.Registry;
using Bulkhead.Linux;

namespace Bulkhead.Cli.Commands;

/// <summary>image tags: what podman search --list-tags and skopeo list-tags do.</summary>
internal static class TagsCommand
{
    private static readonly string[] Keys = ["Name", "Tag"];

    public static Command Make()
    {
        var limit = new Option<int?>("--limit") { Description = "no more than so many", HelpName = "COUNT" };
        var format = new Option<string>("--format") { Description = "table, json (an object a line), a template or table with one", HelpName = "FORMAT" };
        var name = new Argument<string>("REPOSITORY") { Description = "[REGISTRY/]NAME" };
        var command = new Command("tags", "List the tags that a registry has of a repository") { limit, format, name };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(limit) is < 1)
                throw new StepException("--limit: give 1 or more");
            ImageReference repository = ImageFlags.Repository(parsed.GetValue(name)!);
            using RegistryClient client = Machine.Registry();
            var rows = new List<string[]>();
            foreach (string tag in client.Tags(repository))
            {
                if (rows.Count == parsed.GetValue(limit))
                    break;
                rows.Add([repository.FamiliarName, tag]);
            }
            RowFormat shown = RowFormat.Parse(parsed.GetValue(format));
            if (shown.IsTable)
                TextTable.Write([["NAME", "TAG"], .. rows]);
            else
                shown.Write(Keys, rows);
            return 0;
        });
        return command;
    }
}
