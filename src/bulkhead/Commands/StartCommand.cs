using System.CommandLine;
using Bulkhead.Cli.Options;
using Bulkhead.Linux;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Attach;

namespace Bulkhead.Cli.Commands;

/// <summary>create and start: run in two steps.</summary>
internal static class StartCommand
{
    public static Command MakeCreate()
    {
        var options = new RunOptions();
        var command = new Command("create", "Make a container; start runs its program");
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            WorkloadRecord record = options.Read(parsed);
            Rootless.Check(record.Options);
            Program.Warn(record.Options);
            Machine.Store.Create(record);
            Output.Line(record.Id);
            return 0;
        });
        return command;
    }

    public static Command Make()
    {
        var command = new Command("start", "Run the program of containers that do not run");
        EachCommand.Complete(command, (parsed, workload) =>
        {
            if (!workload.IsRunning)
                Start(workload);
        });
        return command;
    }

    public static void Start(Workload workload)
    {
        // The monitor of the run before would take the new run's state away with its own.
        if (workload.Status == "exited")
            MonitorConnection.AwaitEnd(workload.Folder);
        using Fd monitor = Starter.Start(workload.Record, workload.Folder);
        AttachResult? failure = AttachClient.AwaitStart(monitor).Failure;
        if (failure is { Error: { } error })
            throw new StepException(error);
    }
}
