using System.CommandLine;
using Bulkhead.Cli.Options;
using Bulkhead.Linux;
using Bulkhead.Linux.Terminals;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Attach;

namespace Bulkhead.Cli.Commands;

/// <summary>run: create, start, and unless detached watch to the end.</summary>
internal static class RunCommand
{
    public static Command Make()
    {
        var options = new RunOptions();
        var detach = new Option<bool>("--detach", "-d") { Description = "return when the program runs, print the container's id" };
        var command = new Command("run", "Make a container and run a program in it") { detach };
        options.AddTo(command);
        command.SetAction(parsed => Run(options, parsed, parsed.GetValue(detach)));
        return command;
    }

    private static int Run(RunOptions options, ParseResult parsed, bool detach)
    {
        WorkloadRecord record = options.Read(parsed);
        Rootless.Check(record.Options);
        Program.Warn(record.Options);
        WorkloadStore store = Machine.Store;
        WorkloadFolder folder = store.Create(record);
        try
        {
            using SignalForwarder? signals = detach ? null : SignalForwarder.Start();
            using Fd monitor = Starter.Start(record, folder);
            (_, AttachResult? failure) = AttachClient.AwaitStart(monitor);
            if (failure is not null)
                return Finish(failure);
            if (detach)
            {
                Output.Line(record.Id);
                return 0;
            }
            byte[] keys = DetachKeys.Parse(DetachKeys.Default);
            return Finish(new AttachClient(monitor, record.Options.Terminal, record.Options.Interactive, keys).Run(signals!));
        }
        catch
        {
            store.Remove(folder);
            throw;
        }
    }

    public static int Finish(AttachResult result)
    {
        if (result.Error is { } error)
            Program.Say(error);
        return result.Detached ? 0 : result.Status ?? ExitStatus.RuntimeFailed;
    }
}
