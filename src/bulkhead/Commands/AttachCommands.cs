using System.CommandLine;
using Bulkhead.Linux;
using Bulkhead.Linux.Terminals;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Attach;

namespace Bulkhead.Cli.Commands;

/// <summary>attach and wait: to the end of a container.</summary>
internal static class AttachCommands
{
    public static Command Attach()
    {
        var noInput = new Option<bool>("--no-stdin") { Description = "watch only" };
        Option<string> keys = KeysOption();
        var proxy = new Option<bool>("--sig-proxy") { Description = "pass signals on (default: true)", DefaultValueFactory = _ => true };
        Argument<string> name = ContainerArgument.One();
        var command = new Command("attach", "Connect this terminal to a running container") { noInput, keys, proxy, name };
        command.SetAction(parsed =>
        {
            Workload workload = Workload.Find(parsed.GetValue(name)!).RequireRunning();
            byte[] sequence = DetachKeys.Parse(parsed.GetValue(keys) ?? DetachKeys.Default);
            using Fd monitor = MonitorConnection.Open(workload.Folder)
                ?? throw new StepException($"the monitor of container {workload.Name} is gone: bulkhead start {workload.Name} gives it a new one");
            WorkloadOptions options = workload.Record.Options;
            using SignalForwarder signals = SignalForwarder.Start();
            AttachResult result = new AttachClient(monitor, options.Terminal, options.Interactive && !parsed.GetValue(noInput), sequence)
            {
                PassesSignals = parsed.GetValue(proxy),
            }.Run(signals);
            return RunCommand.Finish(result, options);
        });
        return command;
    }

    public static Option<string> KeysOption() => new("--detach-keys") { Description = $"keys that leave it running (default: {DetachKeys.Default})", HelpName = "KEYS" };

    public static Command Wait()
    {
        Argument<string[]> names = ContainerArgument.Some(ArgumentArity.OneOrMore);
        var command = new Command("wait", "Wait for the end of containers and print their exit statuses") { names };
        command.SetAction(parsed =>
        {
            foreach (string name in parsed.GetValue(names)!)
            {
                WorkloadFolder folder = Workload.Find(name).Folder;
                int? told = MonitorConnection.AwaitEnd(folder);
                ExitRecord? exit = folder.Exit();
                // Never a number that nobody knows: one that never ran, or whose monitor was killed.
                if (exit is { StatusUnknown: true } || (told ?? exit?.Status) is not { } status)
                    throw new StepException($"how container {name} ended is not known");
                Output.Line(status.ToString(System.Globalization.CultureInfo.InvariantCulture));
            }
            return 0;
        });
        return command;
    }
}
