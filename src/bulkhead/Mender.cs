using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Linux;
using Bulkhead.Oci;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Attach;
using Bulkhead.Workloads.Compose;

namespace Bulkhead.Cli;

/// <summary>
/// There is no daemon that could notice that a monitor was killed: the next command that looks at its container does. While a monitor lives it has the
/// lock of its workload's folder, so whoever gets that lock and finds something of a container has found an orphan.
/// </summary>
internal static class Mender
{
    private const string UnknownEnd = "how it ended is not known: its monitor was killed";

    /// <summary>Whether anything was changed.</summary>
    public static bool Mend(Workload workload)
    {
        bool suspect = workload.State is not null || (workload.Exit is { } exit && (exit.Restarting || workload.Record.Options.Remove));
        if (!suspect || workload.Folder.TryLock() is not { Ok: true } taken)
            return false;
        using Fd held = taken.Value;
        // Under the lock nobody else changes it.
        ContainerState? state = Workload.Look(workload.Id);
        if (state is { Status: "running" or "paused" })
            Adopt(workload, held);
        else
            Finish(workload, state);
        return true;
    }

    private static void Adopt(Workload workload, Fd held)
    {
        using Fd monitor = Starter.Adopt(workload.Record, workload.Folder, held);
        held.Dispose();
        if (AttachClient.AwaitStart(monitor).Failure is { Error: { } error })
            throw new StepException($"give container {workload.Name} a new monitor: {error}");
    }

    /// <summary>Both are gone, the monitor before it could write down how the container ended, or before it had taken it down.</summary>
    private static void Finish(Workload workload, ContainerState? state)
    {
        // Without a state too: its folder may be there still, and nobody would know it by its name.
        Machine.Containers.Delete(workload.Id, force: true);
        SecretFiles.Forget(workload.Id);
        ExitRecord? exit = workload.Folder.Exit();
        if (exit is null && state is not null)
        {
            exit = new ExitRecord { Status = ExitStatus.Unknown, StatusUnknown = true, Started = state.Created ?? "", Finished = Clock.Now(), Error = UnknownEnd };
            workload.Folder.SaveExit(exit);
            EventNotes.Note(workload.Record, "die", new System.Collections.Generic.KeyValuePair<string, string>("exitCode", "255"));
        }
        else if (exit is { Restarting: true })
        {
            workload.Folder.SaveExit(exit with { Restarting = false });
        }
        if (exit is not null && workload.Record.Options.Remove)
        {
            Machine.Store.Remove(workload.Folder);
            EventNotes.Note(workload.Record, "destroy");
        }
    }
}
