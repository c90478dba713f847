using System;
using Bulkhead.Isolation;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Terminals;

namespace Bulkhead.OciCli.Verbs;

/// <summary>create, and run = create + start + wait + delete.</summary>
internal static class CreateVerb
{
    public static Verb Create => new(
        "create", "[options] ID", "make a container; its program waits for start", Options, (1, 1), RunCreate,
        ["bulkhead-oci create --bundle /var/lib/web web1", "bulkhead-oci create --console-socket /run/tty.sock web1"]);

    public static Verb Run => new(
        "run", "[options] ID", "make and start a container; wait for its end unless detached",
        [
            .. Options,
            new("detach", "d", "", "return when the program runs"),
            new("keep", "", "", "do not delete the container when its program ends"),
            new("no-subreaper", "", "", "accepted for runc's callers: orphans are never ours to reap"),
        ],
        (1, 1), RunRun, ["bulkhead-oci run web1", "bulkhead-oci run --detach --pid-file /run/web1.pid web1"]);

    private static Option[] Options =>
    [
        new("bundle", "b", "DIR", "directory with config.json (default: the current one)"),
        new("console-socket", "", "SOCKET", "unix socket that gets the terminal"),
        new("pidfd-socket", "", "SOCKET", "unix socket that gets a pidfd of the program"),
        new("pid-file", "", "FILE", "write the program's pid to FILE"),
        new("no-pivot", "", "", "change the root by chroot, for a host on initramfs"),
        new("no-new-keyring", "", "", "keep the caller's session keyring"),
        new("preserve-fds", "", "N", "pass N more descriptors from 3 on"),
    ];

    private static int RunCreate(Invocation call)
    {
        Invocation.EnterUsers();
        using Fd? console = ConnectConsole(call);
        using Container container = call.Containers.Create(Request(call, console, startAtOnce: false));
        return 0;
    }

    private static int RunRun(Invocation call)
    {
        Invocation.EnterUsers();
        if (call.Line.Has("detach"))
            return RunDetached(call);
        return ForegroundRun.Run(call, (console, atOnce) => Request(call, console, atOnce));
    }

    private static int RunDetached(Invocation call)
    {
        using Fd? console = ConnectConsole(call);
        using Container container = call.Containers.Create(Request(call, console, startAtOnce: true));
        try
        {
            call.Containers.FinishStart(container);
            return 0;
        }
        catch
        {
            call.Containers.Delete(container);
            throw;
        }
    }

    private static Fd? ConnectConsole(Invocation call) =>
        call.Line.Get("console-socket") is { Length: > 0 } path ? ConsoleSocket.Connect(path) : null;

    private static CreateRequest Request(Invocation call, Fd? console, bool startAtOnce) => new()
    {
        Plan = new PlanRequest
        {
            Id = call.Id,
            Bundle = Bundle(call),
            SystemdCgroup = call.SystemdCgroup,
            NoPivot = call.Line.Has("no-pivot"),
            NoNewKeyring = call.Line.Has("no-new-keyring"),
            ListenFds = ListenFds(),
        },
        ProgramName = Environment.GetCommandLineArgs()[0],
        PolicyFile = call.Global.Get("policy") is { Length: > 0 } policy ? Invocation.Absolute(policy) : null,
        Streams = new ProcessStreams
        {
            Console = console,
            ConsoleIsSocket = console is not null && call.Line.Get("console-socket") is { Length: > 0 },
            PreserveFds = call.PreserveFds(ListenFds()),
            StartAtOnce = startAtOnce,
            PidFile = call.Line.Get("pid-file"),
            PidfdSocket = call.Line.Get("pidfd-socket"),
        },
    };

    private static string Bundle(Invocation call)
    {
        string path = call.Line.Get("bundle") is { Length: > 0 } bundle ? Invocation.Utf8(bundle) : ".";
        using Fd fd = Sys.OpenAt(Fd.Cwd, path, Linux.Abi.Fcntl.O_PATH | Linux.Abi.Fcntl.O_DIRECTORY).OrThrow("open the bundle", path);
        if (Sys.Fstat(fd).OrThrow("stat the bundle", path).st_nlink == 0)
            throw new StepException($"the bundle {path} has been deleted: change to a directory that exists, or name the bundle with --bundle");
        return Sys.ReadLinkAt(Fd.Cwd, "/proc/self/fd/" + fd.Value).OrThrow("resolve the bundle (is /proc mounted?)", path);
    }

    /// <summary>Socket activation (sd_listen_fds(3)): sockets meant for us are passed on before the preserved ones, as runc does.</summary>
    private static int ListenFds() =>
        Environment.GetEnvironmentVariable("LISTEN_FDS") is { } text && int.TryParse(text, out int count) && count > 0
        && int.TryParse(Environment.GetEnvironmentVariable("LISTEN_PID"), out int pid) && pid == Sys.GetPid()
            ? count
            : 0;
}
