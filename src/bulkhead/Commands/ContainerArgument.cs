using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Linux;

namespace Bulkhead.Cli.Commands;

/// <summary>The argument that names containers; the shell's completion gets the names that there are.</summary>
internal static class ContainerArgument
{
    public static Argument<string> One() => Complete(new Argument<string>("CONTAINER") { Description = "its name, id or the beginning of its id" });

    public static Argument<string[]> Some(ArgumentArity arity) =>
        Complete(new Argument<string[]>("CONTAINER") { Arity = arity, Description = "names, ids or beginnings of ids" });

    private static T Complete<T>(T argument) where T : Argument
    {
        // Else the help would list what the completion does.
        argument.HelpName = argument.Name;
        argument.CompletionSources.Add(_ => Names());
        return argument;
    }

    private static List<string> Names()
    {
        var names = new List<string>();
        try
        {
            foreach (Workloads.WorkloadFolder folder in Machine.Store.All())
            {
                if (folder.TryLoad() is { } record)
                    names.Add(record.Name);
            }
        }
        catch (StepException)
        {
            // A completion has nowhere to say it.
        }
        return names;
    }
}
