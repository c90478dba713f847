using System;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Linux;
using Bulkhead.Linux.Terminals;

namespace Bulkhead.OciCli.Verbs;

/// <summary>run without --detach: relays terminal and signals, waits, deletes.</summary>
internal static class ForegroundRun
{
    public static int Run(Invocation call, Func<Fd?, bool, CreateRequest> request)
    {
        if (call.Line.Get("console-socket") is { Length: > 0 })
            throw new StepException("--console-socket needs --detach: in the foreground the terminal is relayed here");
        using SignalForwarder signals = SignalForwarder.Start();
        (Fd ours, Fd theirs) = Sys.SocketPair().OrThrow("make a socket pair");
        using Fd receiver = ours;
        Container container;
        using (theirs)
            container = call.Containers.Create(request(theirs, true));
        using (container)
            return RunToEnd(call, container, receiver, signals);
    }

    private static int RunToEnd(Invocation call, Container container, Fd receiver, SignalForwarder signals)
    {
        Fd pidfd = container.Sandbox.Process!.Pidfd;
        try
        {
            call.Containers.FinishStart(container);
            container.Unlock();
            Relay(container, receiver, pidfd, signals);
            int status = Sys.WaitExit(pidfd).OrThrow("wait for the container").Status;
            if (!call.Line.Has("keep"))
                call.Containers.Delete(container.Record.Id, force: true);
            return status;
        }
        catch
        {
            // Delete takes the lock by itself: while this command holds it, it would wait for itself.
            container.Unlock();
            call.Containers.Delete(container.Record.Id, force: true);
            throw;
        }
    }

    private static void Relay(Container container, Fd receiver, Fd pidfd, SignalForwarder signals)
    {
        if (container.Config().Process is not { Terminal: true })
        {
            signals.Run(pidfd);
            return;
        }
        using Fd master = ReceiveMaster(receiver);
        TerminalRelay.Run(master, pidfd, signals);
    }

    public static Fd ReceiveMaster(Fd receiver)
    {
        Span<byte> name = stackalloc byte[64];
        Sys.ReceiveFd(receiver, name, out Fd master).OrThrow("receive the container's terminal");
        return master;
    }
}
