using System.CommandLine;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Attach;

namespace Bulkhead.Cli.Commands;

/// <summary>kill and stop.</summary>
internal static class SignalCommands
{
    public static Command Kill()
    {
        var signal = new Option<string>("--signal", "-s") { Description = "signal to send (default: KILL)", HelpName = "SIGNAL" };
        var command = new Command("kill", "Send a signal to running containers") { signal };
        EachCommand.Complete(command, (parsed, workload) =>
        {
            int number = Number(parsed.GetValue(signal) ?? "KILL", "--signal");
            workload.RequireRunning();
            // As Docker: what ends it on purpose keeps it down.
            if (number == Signal.SIGKILL || number == workload.Record.Options.StopSignal)
                workload.Folder.AskStop();
            Machine.Containers.Kill(workload.Id, number, all: false);
            NoteKill(workload, number);
        });
        return command;
    }

    public static Command Stop()
    {
        var time = new Option<int?>("--time", "-t") { Description = "seconds to wait before it is killed (default: its --stop-timeout)", HelpName = "SECONDS" };
        var command = new Command("stop", "Ask containers to end, then kill them") { time };
        EachCommand.CompleteByName(command, (parsed, name) =>
        {
            // Before it is looked at: what a killed monitor was to run again is not run only to be stopped.
            WorkloadFolder folder = Machine.Store.Find(name);
            folder.AskStop();
            Workload workload = Workload.Of(folder);
            Stop(workload, parsed.GetValue(time) ?? workload.Record.Options.StopTimeout);
        });
        return command;
    }

    public static void Stop(Workload workload, int seconds)
    {
        workload.Folder.AskStop();
        workload = Workload.Of(workload.Folder);
        if (workload.IsRunning)
        {
            // Frozen processes get no signal.
            if (workload.Status == "paused")
                Machine.Containers.Resume(workload.Id);
            Result<Fd> opened = Sys.PidfdOpen(workload.State!.Pid);
            using Fd? pidfd = opened.Ok ? opened.Value : null;
            TryKill(workload, workload.Record.Options.StopSignal, all: false);
            if (pidfd is not null && Sys.PollOne(pidfd, Poll.POLLIN, seconds < 0 ? -1 : seconds * 1000) is not { Ok: true, Value: > 0 })
                TryKill(workload, Signal.SIGKILL, all: true);
        }
        else if (workload.Status != Workload.RestartingStatus)
            return;
        MonitorConnection.AwaitEnd(workload.Folder);
        EventNotes.Note(workload.Record, "stop");
    }

    /// <summary>It may end by itself at any time.</summary>
    private static void TryKill(Workload workload, int signal, bool all)
    {
        try
        {
            Machine.Containers.Kill(workload.Id, signal, all);
            NoteKill(workload, signal);
        }
        catch (System.Exception error) when (error is StepException or Isolation.State.ContainerMissingException)
        {
            // Ended; else what waits for its end shows that it did not.
        }
    }

    private static void NoteKill(Workload workload, int signal) => EventNotes.Note(workload.Record, "kill",
        new System.Collections.Generic.KeyValuePair<string, string>("signal", signal.ToString(System.Globalization.CultureInfo.InvariantCulture)));

    public static int Number(string name, string flag) =>
        Signals.TryParse(name, out int number) ? number : throw new StepException($"{flag}: '{name}' is no signal (kill -l lists them)");
}
