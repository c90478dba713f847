using System.CommandLine;
using Bulkhead.Linux;

namespace Bulkhead.Cli.Commands;

/// <summary>rm.</summary>
internal static class RemoveCommand
{
    public static Command Make()
    {
        var force = new Option<bool>("--force", "-f") { Description = "kill what runs" };
        var command = new Command("rm", "Remove containers") { force };
        EachCommand.Complete(command, (parsed, workload) =>
        {
            if (workload.IsRunning && !parsed.GetValue(force))
                throw new StepException($"container {workload.Name} is running: stop it first, or remove it with --force");
            Machine.Containers.Delete(workload.Id, force: true);
            Machine.Store.Remove(workload.Folder);
        });
        return command;
    }
}
