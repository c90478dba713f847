using System;
using System.Collections.Generic;
using System.Globalization;
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
            Finish(workload, state, held);
        return true;
    }

    private static void Adopt(Workload workload, Fd held)
    {
        using Fd monitor = Starter.Adopt(workload.Record, workload.Folder, held);
        held.Dispose();
        if (AttachClient.AwaitStart(monitor).Failure is { Error: { } error })
            throw new StepException($"give container {workload.Name} a new monitor: {error}");
    }

    /// <summary>Both are gone, the monitor before it could write down how the container ended, before it had taken it down, or before it ran it again.</summary>
    private static void Finish(Workload workload, ContainerState? state, Fd held)
    {
        // Without a state too: its folder may be there still, and nobody would know it by its name.
        Machine.Containers.Delete(workload.Id, force: true);
        ExitRecord? exit = workload.Folder.Exit();
        if (state is not null && (exit is null || Time(state.Created) > Time(exit.Finished)))
        {
            exit = Unseen(workload, state, exit);
            workload.Folder.SaveExit(exit);
            EventNotes.Note(workload.Record, "die", new KeyValuePair<string, string>("exitCode", "255"));
        }
        if (exit is { Restarting: true } && !workload.Folder.StopAsked)
        {
            RunAgain(workload, exit, held);
            return;
        }
        SecretFiles.Forget(workload.Id);
        if (exit is { Restarting: true })
            workload.Folder.SaveExit(exit with { Restarting = false });
        if (exit is not null && workload.Record.Options.Remove)
        {
            Machine.Store.Remove(workload.Folder);
            EventNotes.Note(workload.Record, "destroy");
        }
    }

    /// <summary>An end that nobody saw counts as a failure where a policy runs it again; not that of one that never ran.</summary>
    private static ExitRecord Unseen(Workload workload, ContainerState state, ExitRecord? last)
    {
        int restarts = last is null ? 0 : last.Restarts + 1;
        RestartPolicy policy = workload.Folder.ChangedPolicy() ?? workload.Record.Options.Restart;
        return new ExitRecord
        {
            Status = ExitStatus.Unknown,
            StatusUnknown = true,
            Started = state.Created ?? "",
            Finished = Clock.Now(),
            Error = UnknownEnd,
            Restarts = restarts,
            Restarting = (last is not null || state.Status == "stopped") && policy.Again(ExitStatus.Unknown, restarts),
        };
    }

    /// <summary>A failure is the container's, as it would be of the monitor that was killed: no command ends by it that only looks.</summary>
    private static void RunAgain(Workload workload, ExitRecord exit, Fd held)
    {
        try
        {
            using Fd monitor = Starter.Again(workload.Record, workload.Folder, held);
            held.Dispose();
            // The monitor itself writes down why it does not run.
            AttachClient.AwaitStart(monitor);
        }
        catch (StepException error)
        {
            SecretFiles.Forget(workload.Id);
            workload.Folder.SaveExit(exit with { Restarting = false, Error = error.Message });
        }
    }

    private static DateTimeOffset Time(string? rfc3339) => DateTimeOffset.TryParse(rfc3339, CultureInfo.InvariantCulture, out DateTimeOffset time) ? time : default;
}
