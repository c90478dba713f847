using System;
using System.CommandLine;
using Bulkhead.Linux;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Commands;

/// <summary>Commands that do the same with each container that is named: one's failure is told and does not keep the others from it.</summary>
internal static class EachCommand
{
    /// <summary>Adds the argument and the action: on success the name as it was given is printed.</summary>
    public static void Complete(Command command, Action<ParseResult, Workload> action) =>
        CompleteByName(command, (parsed, name) => action(parsed, Workload.Find(name)));

    /// <summary>The same for an action that finds its containers itself.</summary>
    public static void CompleteByName(Command command, Action<ParseResult, string> action)
    {
        Argument<string[]> names = ContainerArgument.Some(ArgumentArity.OneOrMore);
        command.Arguments.Add(names);
        command.SetAction(parsed => Run(parsed.GetValue(names)!, name => action(parsed, name)));
    }

    /// <summary>The exit status.</summary>
    public static int Run(string[] names, Action<string> action)
    {
        int status = 0;
        foreach (string name in names)
        {
            try
            {
                action(name);
                Output.Line(name);
            }
            catch (Exception error) when (error is StepException or WorkloadMissingException or Isolation.State.ContainerMissingException)
            {
                Program.Say(error.Message);
                status = 1;
            }
        }
        return status;
    }
}
