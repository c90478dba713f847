using System;
using Bulkhead.Isolation;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Workloads.Logs;

namespace Bulkhead.Workloads.Monitor;

/// <summary>One run of a monitor's container, from its creation (or from where another monitor was killed) to its end.</summary>
internal sealed class ContainerRun(MonitorPlan plan, Containers containers, WorkloadFolder folder) : IDisposable
{
    private Container? container;
    private ContainerStreams? streams;
    private Fd? pidfd;
    private bool isChild;

    public int Pid => container!.Record.Pid;

    /// <summary>Of a container that this run created.</summary>
    public Fd Pidfd => pidfd!;

    /// <summary>Terminal or pipes, then the container, running.</summary>
    public void Create()
    {
        isChild = true;
        if (plan.Terminal)
            CreateWithTerminal();
        else
            CreateWithPipes();
        pidfd = container!.Sandbox.Process!.Pidfd;
        containers.FinishStart(container);
        container.Unlock();
        ContainerStreams.Forget();
    }

    /// <summary>Takes over a container that runs without a monitor, or has ended since it was seen running. A terminal is lost with the monitor that had it.</summary>
    public void Adopt()
    {
        container = containers.Open(plan.Id);
        Result<Fd> process = InitProcess.Open(container.Record);
        if (process.Error != Errno.ESRCH)
            pidfd = process.OrThrow("watch the container's first process");
        streams = plan.Terminal || pidfd is null ? new ContainerStreams() : ContainerStreams.Adopt(pidfd, folder.LoadStreams());
        container.Unlock();
    }

    /// <summary>Relays to its end.</summary>
    public ExitRecord Watch(Fd listener, ClientSet clients, LogFile log)
    {
        if (pidfd is not null)
        {
            using HealthCheck? health = plan.Health is null ? null : new HealthCheck(plan, containers, container!, folder);
            new StreamRelay(streams!, pidfd, listener, clients, log, health).Run();
        }
        Result<int> status = isChild ? Sys.WaitExit(pidfd!).OrThrow("wait for the container").Status : ForeignStatus();
        return new ExitRecord
        {
            Status = status.Ok ? status.Value : ExitStatus.Unknown,
            StatusUnknown = !status.Ok,
            Error = status.Ok ? "" : "how it ended is not known: its monitor was killed",
            OomKilled = container!.Sandbox.OomKills() > 0,
            Started = "",
            Finished = Clock.Now(),
        };
    }

    public void Dispose()
    {
        streams?.Dispose();
        if (!isChild)
            pidfd?.Dispose();
        container?.Dispose();
    }

    private void CreateWithPipes()
    {
        streams = ContainerStreams.MakePipes(plan.Interactive, survive: true);
        folder.SaveStreams(streams.Numbers());
        container = containers.Create(Request(console: null));
    }

    private void CreateWithTerminal()
    {
        (Fd ours, Fd theirs) = Sys.SocketPair().OrThrow("make a socket pair");
        using Fd receiver = ours;
        using (theirs)
            container = containers.Create(Request(theirs));
        Span<byte> name = stackalloc byte[64];
        Sys.ReceiveFd(receiver, name, out Fd master).OrThrow("receive the container's terminal");
        streams = ContainerStreams.OfTerminal(master);
    }

    private CreateRequest Request(Fd? console) => new()
    {
        Plan = new PlanRequest { Id = plan.Id, Bundle = plan.Folder },
        Streams = new ProcessStreams { Console = console, StartAtOnce = true },
    };

    /// <summary>Its parent is the machine's init now. The kernel tells the status before and after init has reaped it: POLLHUP.</summary>
    private Result<int> ForeignStatus()
    {
        const int Patience = 1000;
        if (InitProcess.ZombieStatus(container!.Record) is { } status)
            return status;
        if (pidfd is null)
            return Errno.ESRCH;
        Sys.PollOne(pidfd, 0, Patience);
        return Sys.PidfdExitStatus(pidfd);
    }
}
