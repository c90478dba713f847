using System.CommandLine;
using Bulkhead.Linux;
using Bulkhead.Workloads.Attach;

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
            Remove(workload);
        });
        return command;
    }

    /// <summary>Its monitor writes down how it ended: the folder can go only after that.</summary>
    public static void Remove(Workload workload)
    {
        Machine.Containers.Delete(workload.Id, force: true);
        MonitorConnection.AwaitEnd(workload.Folder);
        Machine.Store.Remove(workload.Folder);
    }
}
