using System;
using System.Text;
using Bulkhead.Isolation.Hardened;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.State;
using Bulkhead.Isolation.UserKernel;
using Bulkhead.Isolation.Users;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;

namespace Bulkhead.OciCli;

/// <summary>One call of a verb: its command line, the global options, and where to speak.</summary>
internal sealed class Invocation(CommandLine global, CommandLine line, Log log)
{
    private Containers? containers;

    public CommandLine Global => global;

    public CommandLine Line => line;

    public Log Log => log;

    public string Id => line.Words[0];

    /// <summary>Made when a verb asks for it: `spec` and `features` need no state directory.</summary>
    public Containers Containers => containers ??= new(new StateStore(StateRoot(global)), Tiers(), log.Warn);

    private static Tiers Tiers()
    {
        var hardened = new HardenedTier();
        return new Tiers(hardened, new UserKernelTier(hardened));
    }

    public bool SystemdCgroup => global.Has("systemd-cgroup");

    /// <summary>For who makes a container: a caller without root goes on in a user namespace with all of its ids.</summary>
    public static void EnterUsers()
    {
        if (UserEntry.IsRootless && !UserEntry.IsPrivileged)
            UserEntry.Enter(CallerUsers.All());
    }

    /// <summary>For who adds a process to one.</summary>
    public void EnterUsersOfContainer()
    {
        if (UserEntry.IsRootless && !UserEntry.IsPrivileged && Containers.State(Id).Pid is > 0 and int pid)
            UserEntry.Enter(CallerUsers.Of(pid));
    }

    /// <summary>A path of the caller's as an absolute one.</summary>
    public static string Absolute(string path) => Utf8(path).StartsWith('/')
        ? path
        : Sys.WorkingDirectory().OrThrow("resolve the current directory for the relative path", path) + "/" + path;

    /// <summary>Other bytes arrive as U+FFFD, which would name another file.</summary>
    public static string Utf8(string path) => path.Contains('\uFFFD', StringComparison.Ordinal) ? throw new StepException($"path {path} is not UTF-8: rename it") : path;

    public static void Print(string text) => Print(Encoding.UTF8.GetBytes(text));

    public static void Print(ReadOnlySpan<byte> bytes)
    {
        Errno error = Sys.WriteAll(Fd.Borrow(1), bytes);
        if (error != Errno.None)
            throw new StepException("write to standard output", error);
    }

    /// <summary>--preserve-fds: each must be the caller's, for a number that is free would be taken by a file of ours, which the container then gets.</summary>
    public int PreserveFds(int listening = 0)
    {
        int wanted = Line.GetInt("preserve-fds", 0);
        if (wanted < 0)
            throw new UsageException($"--preserve-fds: {wanted} is negative");
        // What outlived our exec is not close-on-exec; what we open is.
        for (int fd = 3; fd < 3L + listening + wanted; fd++)
        {
            Result<int> flags = Sys.FileControl(Fd.Borrow(fd), Fcntl.F_GETFD);
            if (!flags.Ok || (flags.Value & Fcntl.FD_CLOEXEC) != 0)
                throw new StepException($"descriptor {fd} shall be passed on (--preserve-fds, LISTEN_FDS), but the caller has not opened it");
        }
        return listening + wanted;
    }

    private static string StateRoot(CommandLine global) =>
        global.Get("root") is { Length: > 0 } root ? Absolute(root) : StateRoots.Default();
}
