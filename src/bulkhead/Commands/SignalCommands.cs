using System.CommandLine;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
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
            Machine.Containers.Kill(workload.RequireRunning().Id, Number(parsed.GetValue(signal) ?? "KILL", "--signal"), all: false));
        return command;
    }

    public static Command Stop()
    {
        var time = new Option<int?>("--time", "-t") { Description = "seconds to wait before it is killed (default: its --stop-timeout)", HelpName = "SECONDS" };
        var command = new Command("stop", "Ask containers to end, then kill them") { time };
        EachCommand.Complete(command, (parsed, workload) => Stop(workload, parsed.GetValue(time) ?? workload.Record.Options.StopTimeout));
        return command;
    }

    public static void Stop(Workload workload, int seconds)
    {
        if (!workload.IsRunning)
            return;
        // Frozen processes get no signal.
        if (workload.Status == "paused")
            Machine.Containers.Resume(workload.Id);
        using Fd pidfd = Sys.PidfdOpen(workload.State!.Pid).OrThrow("watch the container's first process");
        Machine.Containers.Kill(workload.Id, workload.Record.Options.StopSignal, all: false);
        if (Sys.PollOne(pidfd, Poll.POLLIN, seconds * 1000) is not { Ok: true, Value: > 0 })
            Machine.Containers.Kill(workload.Id, Signal.SIGKILL, all: true);
        MonitorConnection.AwaitEnd(workload.Folder);
    }

    public static int Number(string name, string flag) =>
        Signals.TryParse(name, out int number) ? number : throw new StepException($"{flag}: '{name}' is no signal (kill -l lists them)");
}
