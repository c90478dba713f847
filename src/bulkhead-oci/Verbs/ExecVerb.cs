using Bulkhead.Isolation;
using Bulkhead.Linux;
using Bulkhead.Linux.Spawn;
using Bulkhead.Linux.Terminals;
using Bulkhead.Oci;

namespace Bulkhead.OciCli.Verbs;

internal static class ExecVerb
{
    public static Verb Verb => new(
        "exec", "[options] ID [COMMAND [ARG...]]", "run another program in a running container",
        [
            new("console-socket", "", "SOCKET", "unix socket that gets the terminal"),
            new("pidfd-socket", "", "SOCKET", "unix socket that gets a pidfd of the program"),
            new("cwd", "", "DIR", "working directory in the container"),
            new("env", "e", "NAME=VALUE", "add to the environment; repeatable"),
            new("tty", "t", "", "give it a terminal"),
            new("user", "u", "UID[:GID]", "user and group, by number"),
            new("additional-gids", "g", "GID", "additional group; repeatable"),
            new("process", "p", "FILE", "take the process document from FILE"),
            new("detach", "d", "", "return when the program runs"),
            new("pid-file", "", "FILE", "write the program's pid to FILE"),
            new("process-label", "", "LABEL", "SELinux label"),
            new("apparmor", "", "PROFILE", "AppArmor profile"),
            new("no-new-privs", "", "", "set no_new_privs"),
            new("cap", "c", "CAP", "add a capability; repeatable"),
            new("preserve-fds", "", "N", "pass N more descriptors from 3 on"),
            new("cgroup", "", "[CONTROLLER:]PATH", "an existing cgroup below the container's; on v1 repeatable, with controllers"),
            new("ignore-paused", "", "", "also in a paused container"),
        ],
        (1, int.MaxValue), Run,
        ["bulkhead-oci exec web1 /bin/ls -l", "bulkhead-oci exec --tty --env TERM=xterm web1 /bin/sh"])
    {
        FailureStatus = 255,
    };

    private static int Run(Invocation call)
    {
        call.EnterUsersOfContainer();
        Process process = ExecProcess.Read(call);
        bool detached = call.Line.Has("detach");
        string? socket = call.Line.Get("console-socket");
        if (process.Terminal && detached && socket is null)
            throw new StepException("cannot allocate a terminal for a detached program without --console-socket");
        if (!process.Terminal && socket is { Length: > 0 })
            throw new StepException("--console-socket was given but the process has no terminal");
        return detached ? RunDetached(call, process, socket) : RunForeground(call, process, socket);
    }

    private static int RunDetached(Invocation call, Process process, string? socket)
    {
        using Fd? console = socket is { Length: > 0 } ? ConsoleSocket.Connect(socket) : null;
        using RunningProcess running = call.Containers.Exec(call.Id, process, Request(call, console));
        return 0;
    }

    private static int RunForeground(Invocation call, Process process, string? socket)
    {
        using SignalForwarder signals = SignalForwarder.Start();
        if (!process.Terminal)
        {
            using RunningProcess plain = call.Containers.Exec(call.Id, process, Request(call, null));
            signals.Run(plain.Pidfd);
            return Wait(plain);
        }
        if (socket is { Length: > 0 })
        {
            using Fd console = ConsoleSocket.Connect(socket);
            using RunningProcess remote = call.Containers.Exec(call.Id, process, Request(call, console));
            signals.Run(remote.Pidfd);
            return Wait(remote);
        }
        (Fd ours, Fd theirs) = Sys.SocketPair().OrThrow("make a socket pair");
        using Fd receiver = ours;
        using Fd sender = theirs;
        using RunningProcess running = call.Containers.Exec(call.Id, process, Request(call, sender));
        var reaper = new ExecReaper(running.Pid);
        using Fd master = ForegroundRun.ReceiveMaster(receiver);
        TerminalRelay.Run(master, running.Pidfd, signals);
        return reaper.Status();
    }

    private static int Wait(RunningProcess process) => Sys.WaitExit(process.Pidfd).OrThrow("wait for the program").Status;

    private static ExecRequest Request(Invocation call, Fd? console) => new()
    {
        Streams = new ProcessStreams
        {
            Console = console,
            PreserveFds = call.PreserveFds(),
            PidFile = call.Line.Get("pid-file"),
            PidfdSocket = call.Line.Get("pidfd-socket"),
        },
        IgnorePaused = call.Line.Has("ignore-paused"),
        SubCgroups = call.Line.All("cgroup"),
    };
}
