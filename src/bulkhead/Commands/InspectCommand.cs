using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Cli.Format;
using Bulkhead.Cli.Inspect;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Commands;

/// <summary>inspect.</summary>
internal static class InspectCommand
{
    public static Command Make()
    {
        var format = new Option<string>("--format", "-f") { Description = "json, which is the default, or a template", HelpName = "FORMAT" };
        Argument<string[]> names = ContainerArgument.Some(ArgumentArity.OneOrMore);
        var command = new Command("inspect", "Show all of containers, their walls and their loosenings as JSON") { format, names };
        command.SetAction(parsed =>
        {
            return Run(parsed.GetValue(names)!, Asked(parsed.GetValue(format)));
        });
        return command;
    }

    /// <summary>Null: the whole document, as an array.</summary>
    public static Template? Asked(string? format) => format is null or "json" ? null : Template.Parse(format);

    /// <summary>Those that are there are shown, as Docker does, also when another is not.</summary>
    private static int Run(string[] names, Template? template)
    {
        var found = new List<Workload>();
        int status = 0;
        foreach (string name in names)
        {
            try
            {
                found.Add(Workload.Find(name));
            }
            catch (WorkloadMissingException error)
            {
                Program.Say(error.Message);
                status = 1;
            }
        }
        if (template is not null)
        {
            found.ForEach(workload => Output.Line(template.Apply(JsonOutput.Element(json => InspectDocument.Write(json, workload)))));
            return status;
        }
        JsonOutput.Write(indented: true, json =>
        {
            json.WriteStartArray();
            foreach (Workload workload in found)
                InspectDocument.Write(json, workload);
            json.WriteEndArray();
        });
        return status;
    }
}
