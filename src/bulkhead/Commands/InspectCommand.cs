using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Cli.Inspect;
using Bulkhead.Linux;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Commands;

/// <summary>inspect.</summary>
internal static class InspectCommand
{
    public static Command Make()
    {
        var format = new Option<string>("--format", "-f") { Description = "json, which is the default; no templates: use jq", HelpName = "json" };
        Argument<string[]> names = ContainerArgument.Some(ArgumentArity.OneOrMore);
        var command = new Command("inspect", "Show all of containers, their walls and their loosenings as JSON") { format, names };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(format) is not (null or "json"))
                throw new StepException($"--format: '{parsed.GetValue(format)}' is not known: the only one is json (no templates: use jq)");
            return Run(parsed.GetValue(names)!);
        });
        return command;
    }

    /// <summary>Those that are there are shown, as Docker does, also when another is not.</summary>
    private static int Run(string[] names)
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
