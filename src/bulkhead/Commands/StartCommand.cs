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
        EachCommand.Complete(command, (_, workload) => Start(workload));
        return command;
    }

    public static void Start(Workload workload)
    {
        using Fd? held = AwaitLock(workload.Folder);
        if (held is null)
            return;
        using Fd monitor = Starter.Start(workload.Record, workload.Folder, held);
        held.Dispose();
        if (AttachClient.AwaitStart(monitor).Failure is { Error: { } error })
            throw new StepException(error);
    }

    /// <summary>Null: it runs. A monitor that has told the end of its container is there for a moment more.</summary>
    private static Fd? AwaitLock(WorkloadFolder folder)
    {
        const int Rounds = 1000, Milliseconds = 10;
        for (int round = 0; round < Rounds; round++)
        {
            Result<Fd> held = folder.TryLock();
            if (held.Ok)
                return held.Value;
            if (held.Error != Errno.EAGAIN)
                throw new StepException("lock the container's folder", held.Error, folder.Path);
            if (Workload.Of(folder).IsRunning)
                return null;
            Sys.Pause(Milliseconds);
        }
        throw new StepException("another command is starting or ending it: try again");
    }
}
