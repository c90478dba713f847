using System;
using System.CommandLine;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Commands;

internal static class RemoveCommand
{
    public static Command Make()
    {
        var force = new Option<bool>("--force", "-f") { Description = "kill what runs" };
        var names = new Argument<string[]>("CONTAINER") { Arity = ArgumentArity.OneOrMore };
        var command = new Command("rm", "Remove containers") { force, names };
        command.SetAction(parsed =>
        {
            foreach (string name in parsed.GetValue(names)!)
            {
                WorkloadFolder folder = Machine.Store.Find(name);
                Machine.Containers.Delete(folder.Id, parsed.GetValue(force));
                Machine.Store.Remove(folder);
                Console.Out.WriteLine(name);
            }
            return 0;
        });
        return command;
    }
}
