using System.CommandLine;
using Bulkhead.Linux;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Commands;

/// <summary>rename, pause, unpause, restart, port.</summary>
internal static class StateCommands
{
    public static Command Rename()
    {
        Argument<string> container = ContainerArgument.One();
        var name = new Argument<string>("NAME") { Description = "its new name" };
        var command = new Command("rename", "Give a container another name") { container, name };
        command.SetAction(parsed =>
        {
            WorkloadFolder folder = Machine.Store.Find(parsed.GetValue(container)!);
            string old = folder.Load().Name;
            EventNotes.Note(Machine.Store.Rename(folder, parsed.GetValue(name)!), "rename", new System.Collections.Generic.KeyValuePair<string, string>("oldName", "/" + old));
            return 0;
        });
        return command;
    }

    public static Command Pause()
    {
        var command = new Command("pause", "Freeze all processes of containers");
        EachCommand.Complete(command, (_, workload) =>
        {
            Machine.Containers.Pause(workload.RequireRunning().Id);
            EventNotes.Note(workload.Record, "pause");
        });
        return command;
    }

    public static Command Unpause()
    {
        var command = new Command("unpause", "Let frozen containers go on");
        EachCommand.Complete(command, (_, workload) =>
        {
            Machine.Containers.Resume(workload.RequireRunning().Id);
            EventNotes.Note(workload.Record, "unpause");
        });
        return command;
    }

    public static Command Restart()
    {
        var time = new Option<int?>("--time", "-t") { Description = "seconds to wait before it is killed (default: its --stop-timeout)", HelpName = "SECONDS" };
        var command = new Command("restart", "Stop containers and start them again") { time };
        EachCommand.CompleteByName(command, (parsed, name) =>
        {
            WorkloadFolder folder = Machine.Store.Find(name);
            bool vanishes = folder.Load().Options.Remove;
            // As stop: what a killed monitor was to run again is not run only to be stopped.
            if (!vanishes)
                folder.AskStop();
            Workload workload = Workload.Of(folder);
            if (workload.IsRunning && vanishes)
                throw new StepException($"container {workload.Name} was run with --rm: when it ends it is removed, and cannot be started again");
            SignalCommands.Stop(workload, parsed.GetValue(time) ?? workload.Record.Options.StopTimeout);
            StartCommand.Start(workload);
            EventNotes.Note(workload.Record, "restart");
        });
        return command;
    }

    public static Command Port()
    {
        Argument<string> container = ContainerArgument.One();
        var port = new Argument<string?>("PORT[/PROTOCOL]") { Arity = ArgumentArity.ZeroOrOne, Description = "one port of the container" };
        var command = new Command("port", "List the ports of a container that are published (none can be yet)") { container, port };
        command.SetAction(parsed =>
        {
            Workload workload = Workload.Find(parsed.GetValue(container)!);
            if (parsed.GetValue(port) is { } wanted)
                throw new StepException($"no public port '{wanted}' published for {workload.Name}");
            string network = workload.Record.Options.Network;
            Program.Say(network == "host" ? $"{workload.Name} publishes nothing: it uses the host's network and listens there itself"
                : $"{workload.Name} publishes nothing: its network is {network}");
            return 0;
        });
        return command;
    }
}
