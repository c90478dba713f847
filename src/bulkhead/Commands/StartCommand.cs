using System.CommandLine;
using Bulkhead.Cli.Options;
using Bulkhead.Images.Store;
using Bulkhead.Linux;
using Bulkhead.Linux.Terminals;
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
            WorkloadRecord record = options.Read(parsed, out StoreLock? taken);
            using StoreLock? images = taken;
            Rootless.Check(record.Options);
            Program.Warn(record.Options);
            WorkloadFolder folder = Machine.Store.Create(record);
            try
            {
                options.WriteId(parsed, record.Id);
            }
            catch (StepException)
            {
                Machine.Store.Remove(folder);
                throw;
            }
            EventNotes.Note(record, "create");
            Output.Line(record.Id);
            return 0;
        });
        return command;
    }

    public static Command Make()
    {
        var attach = new Option<bool>("--attach", "-a") { Description = "watch it to its end, and end as it does" };
        var interactive = new Option<bool>("--interactive", "-i") { Description = "the same, and pass stdin on" };
        Option<string> keys = AttachCommands.KeysOption();
        Argument<string[]> names = ContainerArgument.Some(ArgumentArity.OneOrMore);
        var command = new Command("start", "Run the program of containers that do not run") { attach, interactive, keys, names };
        command.SetAction(parsed =>
        {
            string[] all = parsed.GetValue(names)!;
            bool input = parsed.GetValue(interactive);
            if (!input && !parsed.GetValue(attach))
                return EachCommand.Run(all, name => Start(Workload.Find(name)));
            if (all.Length > 1)
                throw new StepException("start: --attach and --interactive watch one container only");
            return Watch(Workload.Find(all[0]), input, DetachKeys.Parse(parsed.GetValue(keys) ?? DetachKeys.Default));
        });
        return command;
    }

    public static void Start(Workload workload) => Launch(workload)?.Dispose();

    /// <summary>On one that runs already it is attach, as in Docker.</summary>
    private static int Watch(Workload workload, bool input, byte[] keys)
    {
        using SignalForwarder signals = SignalForwarder.Start();
        using Fd monitor = Launch(workload) ?? MonitorConnection.Open(workload.Folder)
            ?? throw new StepException($"container {workload.Name} has just ended: try again");
        WorkloadOptions options = workload.Record.Options;
        return RunCommand.Finish(new AttachClient(monitor, options.Terminal, input && options.Interactive, keys).Run(signals), options);
    }

    /// <summary>The connection to its monitor; null: it runs already.</summary>
    private static Fd? Launch(Workload workload)
    {
        using Fd? held = AwaitLock(workload.Folder);
        if (held is null)
            return null;
        // The empty folder of a state whose monitor was killed while it made or removed it: the lock says that there is none now.
        if (Workload.Look(workload.Id) is null)
            Machine.Containers.Delete(workload.Id, force: true);
        Fd monitor = Starter.Start(workload.Record, workload.Folder, held);
        held.Dispose();
        if (AttachClient.AwaitStart(monitor).Failure is not { Error: { } error })
            return monitor;
        monitor.Dispose();
        throw new StepException(FlagErrors.Of(error, workload.Record.Options));
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
