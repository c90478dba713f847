using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;
using Bulkhead.Workloads.Logs;

namespace Bulkhead.Workloads.Monitor;

/// <summary>
/// The one process that stays with a container of a person's: its parent, that keeps its output, knows its exit status, runs it again where that was
/// asked for, and ends with it. It has the lock of the workload's folder as long as it lives.
/// </summary>
/// <param name="plan">What to run.</param>
/// <param name="tiers">Where.</param>
/// <param name="starter">The command that started us, connected: it hears whether the program runs, and may stay as a client.</param>
public sealed class ContainerMonitor(MonitorPlan plan, Tiers tiers, Fd starter) : IDisposable
{
    private readonly Containers containers = new(new StateStore(plan.OciRoot), tiers, _ => { });
    private readonly WorkloadFolder folder = new(plan.Id, plan.Folder);
    private readonly ClientSet clients = new();
    private string started = Clock.Now();

    public void Run()
    {
        clients.Add(starter);
        try
        {
            RunToEnd();
        }
        catch (Exception error) when (error is StepException or ContainerMissingException)
        {
            Fail(error);
        }
    }

    public void Dispose() => clients.Dispose();

    private void RunToEnd()
    {
        UserEntry.Check();
        using Fd listener = Listen();
        clients.HearStops(listener, folder);
        using var log = new LogFile(folder.LogPath, plan.LogMaxSize, plan.LogMaxFiles);
        ExitReserve.Take(folder);
        int restarts = (plan.Adopt || plan.Again) && folder.Exit() is { } last ? last.Restarts + (last.Restarting ? 1 : 0) : 0;
        int delay = 0;
        bool adopt = plan.Adopt;
        for (; ; restarts++)
        {
            long begin = Environment.TickCount64;
            ExitRecord exit = RunOnce(listener, log, adopt) with { Restarts = restarts };
            NoteEnd(exit);
            adopt = false;
            bool again = (folder.ChangedPolicy() ?? plan.Restart).Again(exit.Status, restarts) && !folder.StopAsked;
            if (again)
            {
                folder.SaveExit(exit with { Restarting = true });
                containers.Delete(plan.Id, force: true);
                delay = RestartPolicy.Delay(delay, Environment.TickCount64 - begin);
                again = RestartPause.Wait(listener, clients, folder, delay);
            }
            if (again)
                continue;
            log.Dispose();
            End(exit);
            Tell(Packet.Exited, exit.Status);
            return;
        }
    }

    private ExitRecord RunOnce(Fd listener, LogFile log, bool adopt)
    {
        started = Clock.Now();
        using var run = new ContainerRun(plan, containers, folder);
        if (adopt)
            run.Adopt();
        else
            run.Create();
        if (!adopt)
            plan.Note("start");
        Tell(Packet.Started, run.Pid);
        // Who stops it notes that first and looks for the container then; so one of us sees the other.
        if (folder.StopAsked && !adopt)
            Sys.PidfdSendSignal(run.Pidfd, Signal.SIGKILL);
        return run.Watch(listener, clients, log) with { Started = started };
    }

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

    /// <summary>
    /// Nothing of the container stays but its record and its log. How it ended is written first: who is killed in between leaves a container that has
    /// ended, and the next command takes down what is left of it.
    /// </summary>
    private void End(ExitRecord exit)
    {
        ExitReserve.Save(folder, exit);
        containers.Delete(plan.Id, force: true);
        Compose.SecretFiles.Forget(plan.Id);
        Sys.UnlinkAt(Fd.Cwd, folder.AttachPath);
        if (plan.Remove)
            Destroy();
    }

    private void Destroy()
    {
        KeyValuePair<string, string>[] attributes = plan.CurrentAttributes();
        new WorkloadStore(plan.DataRoot).Remove(folder, plan.Volumes);
        plan.Note("destroy", attributes, []);
    }

    private void Fail(Exception error)
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

    private void NoteEnd(ExitRecord exit)
    {
        if (exit.OomKilled)
            plan.Note("oom");
        plan.Note("die", new KeyValuePair<string, string>("exitCode", exit.Status.ToString(CultureInfo.InvariantCulture)));
    }

    private void Tell(byte kind, int value)
    {
        Span<byte> packet = stackalloc byte[5];
        packet[0] = kind;
        BinaryPrimitives.WriteInt32LittleEndian(packet[1..], value);
        clients.Send(packet);
    }
}
