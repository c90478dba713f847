using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Linux;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Attach;

namespace Bulkhead.Cli.Commands;

/// <summary>rm.</summary>
internal static class RemoveCommand
{
    public static Command Make()
    {
        var force = new Option<bool>("--force", "-f") { Description = "kill what runs" };
        var volumes = new Option<bool>("--volumes", "-v") { Description = "and the volumes that were made for them without a name" };
        var command = new Command("rm", "Remove containers") { force, volumes };
        EachCommand.CompleteByName(command, (parsed, name) =>
        {
            // With force the record is not even read: it may be damaged.
            WorkloadFolder folder = Machine.Store.Find(name);
            if (!parsed.GetValue(force))
                RequireEnded(name);
            Remove(folder, parsed.GetValue(volumes));
        });
        return command;
    }

    private static KeyValuePair<string, string>[] Attributes(WorkloadFolder folder)
    {
        try
        {
            return folder.TryLoad() is { } record ? EventNotes.Attributes(record) : [];
        }
        catch (StepException)
        {
            return []; // Damaged.
        }
    }

    private static void RequireEnded(string name)
    {
        Workload workload = Workload.Find(name);
        if (workload.IsRunning || workload.Status == Workload.RestartingStatus)
            throw new StepException($"container {workload.Name} is running: stop it first, or remove it with --force");
    }

    /// <summary>Takes the container down until its monitor has ended: one that is just making it would go on.</summary>
    public static void Remove(WorkloadFolder folder, bool volumes = false)
    {
        const int Rounds = 1000, Milliseconds = 10;
        folder.AskStop();
        for (int round = 0; round < Rounds; round++)
        {
            Result<Fd> taken = folder.TryLock();
            if (taken.Error == Errno.ENOENT)
                return;
            using Fd? held = taken.Ok ? taken.Value : null;
            Machine.Containers.Delete(folder.Id, force: true);
            if (held is not null)
            {
                KeyValuePair<string, string>[] attributes = Attributes(folder);
                Machine.Store.Remove(folder, volumes);
                Machine.Events.Write(folder.Id, "destroy", attributes);
                return;
            }
            MonitorConnection.Wake(folder);
            Sys.Pause(Milliseconds);
        }
        throw new StepException("its monitor does not end: the container is down, its folder stays", Errno.EBUSY, folder.Path);
    }
}
