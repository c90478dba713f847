using System;
using System.Buffers.Binary;
using System.Text;
using Bulkhead.Isolation;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.Plan;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;
using Bulkhead.Workloads.Logs;

namespace Bulkhead.Workloads.Monitor;

/// <summary>
/// The one process that stays with a container of a person's: its parent, that keeps its output, knows its exit status and ends with it.
/// </summary>
/// <param name="plan">What to run.</param>
/// <param name="tier">Where.</param>
/// <param name="starter">The command that started us, connected: it hears whether the program runs, and may stay as a client.</param>
public sealed class ContainerMonitor(MonitorPlan plan, ITier tier, Fd starter) : IDisposable
{
    private readonly Containers containers = new(new StateStore(plan.OciRoot), tier, _ => { });
    private readonly WorkloadFolder folder = new(plan.Id, plan.Folder);
    private readonly ClientSet clients = new();
    private ContainerStreams? streams;

    public void Run()
    {
        clients.Add(starter);
        string started = Clock.Now();
        try
        {
            RunToEnd(started);
        }
        catch (Exception error) when (error is StepException or ContainerMissingException)
        {
            Fail(error, started);
        }
    }

    public void Dispose()
    {
        streams?.Dispose();
        clients.Dispose();
    }

    private void RunToEnd(string started)
    {
        UserEntry.Check();
        using Fd listener = Listen();
        using var log = new LogFile(folder.LogPath, plan.LogMaxSize, plan.LogMaxFiles);
        using Container container = Create();
        int pid = container.Record.Pid;
        Fd pidfd = container.Sandbox.Process!.Pidfd;
        containers.FinishStart(container);
        container.Unlock();
        ContainerStreams.Forget();
        Tell(Packet.Started, pid);
        Memory.Trim();
        new StreamRelay(streams!, pidfd, listener, clients, log).Run();
        int status = Sys.WaitExit(pidfd).OrThrow("wait for the container").Status;
        log.Dispose();
        bool outOfMemory = container.Sandbox.OomKills() > 0;
        End(new ExitRecord { Status = status, Started = started, Finished = Clock.Now(), OomKilled = outOfMemory });
        Tell(Packet.Exited, status);
    }

    /// <summary>Terminal or pipes, then the container, running.</summary>
    private Container Create()
    {
        if (!plan.Terminal)
        {
            streams = ContainerStreams.MakePipes(plan.Interactive);
            return containers.Create(Request(console: null));
        }
        (Fd ours, Fd theirs) = Sys.SocketPair().OrThrow("make a socket pair");
        using Fd receiver = ours;
        Container container;
        using (theirs)
            container = containers.Create(Request(theirs));
        Span<byte> name = stackalloc byte[64];
        Sys.ReceiveFd(receiver, name, out Fd master).OrThrow("receive the container's terminal");
        streams = ContainerStreams.OfTerminal(master);
        return container;
    }

    private CreateRequest Request(Fd? console) => new()
    {
        Plan = new PlanRequest { Id = plan.Id, Bundle = plan.Folder },
        Streams = new ProcessStreams { Console = console, StartAtOnce = true },
    };

    private Fd Listen()
    {
        Fd socket = Sys.CreateSocket(Socket.AF_UNIX, Socket.SOCK_SEQPACKET | Socket.SOCK_NONBLOCK).OrThrow("make a socket");
        using Fd place = Sys.OpenAt(Fd.Cwd, plan.Folder, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open", plan.Folder);
        Sys.UnlinkAt(place, "attach");
        Errno error = Sys.ListenUnix(socket, $"/proc/self/fd/{place.Value}/attach", ClientSet.Most);
        if (error != Errno.None)
            throw new StepException("listen in", error, plan.Folder);
        return socket;
    }

    /// <summary>Nothing of the container stays but its record and its log.</summary>
    private void End(ExitRecord exit)
    {
        containers.Delete(plan.Id, force: true);
        // In this order: who finds no socket any more finds how it ended.
        folder.SaveExit(exit);
        Sys.UnlinkAt(Fd.Cwd, folder.AttachPath);
        if (plan.Remove)
            new WorkloadStore(plan.Folder[..plan.Folder.LastIndexOf("/containers/", StringComparison.Ordinal)]).Remove(folder);
    }

    private void Fail(Exception error, string started)
    {
        int status = error is StepException step ? ExitStatus.Of(step) : ExitStatus.RuntimeFailed;
        byte[] line = Encoding.UTF8.GetBytes(error.Message);
        byte[] packet = new byte[5 + Math.Min(line.Length, Packet.MaxContent - 4)];
        packet[0] = Packet.Failed;
        BinaryPrimitives.WriteInt32LittleEndian(packet.AsSpan(1), status);
        line.AsSpan(0, packet.Length - 5).CopyTo(packet.AsSpan(5));
        try
        {
            End(new ExitRecord { Status = status, Started = started, Finished = Clock.Now(), Error = error.Message });
        }
        finally
        {
            clients.Send(packet);
        }
    }

    private void Tell(byte kind, int value)
    {
        Span<byte> packet = stackalloc byte[5];
        packet[0] = kind;
        BinaryPrimitives.WriteInt32LittleEndian(packet[1..], value);
        clients.Send(packet);
    }
}
