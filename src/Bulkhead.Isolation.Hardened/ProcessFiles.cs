using System.Globalization;
using System.Text;
using Bulkhead.Isolation.Hardened.Compile;
using Bulkhead.Isolation.Plan;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;
using Bulkhead.Linux.Terminals;

namespace Bulkhead.Isolation.Hardened;

/// <summary>What the host side does for a new process, by create and by exec alike.</summary>
internal static class ProcessFiles
{
    private const uint FileMode = 0x1A4; // 0644

    public static void SetOomScore(int pid, int? score)
    {
        if (score is not { } value)
            return;
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/oom_score_adj");
        using Fd file = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_WRONLY).OrThrow("open", path);
        Errno error = Sys.WriteAll(file, Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));
        if (error != Errno.None)
            throw new StepException("set oom_score_adj (lowering it needs CAP_SYS_RESOURCE)", error);
    }

    /// <summary>--pid-file, so that a reader never finds it empty; --pidfd-socket.</summary>
    public static void Announce(int pid, Fd pidfd, ProcessStreams streams)
    {
        if (streams.PidfdSocket is { } socketPath)
        {
            using Fd socket = ConsoleSocket.Connect(socketPath);
            ConsoleSocket.Send(socket, pidfd, "pidfd");
        }
        if (streams.PidFile is not { } path)
            return;
        if (!WriteUnnamed(pid, path))
            WriteRenamed(pid, path);
    }

    /// <summary>The file gets its name when it is complete, and one that we die over never had any. False: not on this file system.</summary>
    private static bool WriteUnnamed(int pid, string path)
    {
        int slash = path.LastIndexOf('/');
        string folder = slash < 0 ? "." : path[..(slash + 1)];
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, folder, Fcntl.O_WRONLY | Fcntl.O_TMPFILE, FileMode);
        if (!opened.Ok)
            return false;
        using Fd file = opened.Value;
        Write(file, pid, path);
        Errno error = Sys.LinkUnnamed(file, Fd.Cwd, path);
        if (error != Errno.EEXIST)
            return error == Errno.None;
        // Whoever reads between these two finds none, never an empty one.
        Sys.UnlinkAt(Fd.Cwd, path);
        return Sys.LinkUnnamed(file, Fd.Cwd, path) == Errno.None;
    }

    private static void WriteRenamed(int pid, string path)
    {
        string temporary = path + ".bulkhead-new";
        using (Fd file = Sys.OpenAt(Fd.Cwd, temporary, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_TRUNC | Fcntl.O_NOFOLLOW, FileMode).OrThrow("write the pid file", path))
            Write(file, pid, path);
        Errno renamed = Sys.RenameAt(Fd.Cwd, temporary, Fd.Cwd, path);
        if (renamed != Errno.None)
            throw new StepException("write the pid file", renamed, path);
    }

    private static void Write(Fd file, int pid, string path)
    {
        Errno error = Sys.WriteAll(file, Encoding.ASCII.GetBytes(pid.ToString(CultureInfo.InvariantCulture)));
        if (error != Errno.None)
            throw new StepException("write the pid file", error, path);
    }

    /// <summary>From the last word to exec: passes the seccomp listener on, and learns of a failed exec.</summary>
    public static void FinishExec(SpawnedProcess process, ProcessPlan plan, ContainerRecord state)
    {
        PassListener(process, plan, state);
        process.AwaitExec();
    }

    /// <summary>The process of a notifying filter stands still until the agent has its listener.</summary>
    public static void PassListener(SpawnedProcess process, ProcessPlan plan, ContainerRecord state)
    {
        if (plan.Seccomp?.ListenerPath is null)
            return;
        int number = process.Await(InitProgram.SyncSeccomp);
        SeccompListener.Send(plan.Seccomp, state, process, number);
        process.Continue();
    }
}
