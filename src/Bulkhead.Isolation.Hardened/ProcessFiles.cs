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

    /// <summary>--pid-file by rename, so that a reader never finds it empty; --pidfd-socket.</summary>
    public static void Announce(int pid, Fd pidfd, ProcessStreams streams)
    {
        if (streams.PidfdSocket is { } socketPath)
        {
            using Fd socket = ConsoleSocket.Connect(socketPath);
            ConsoleSocket.Send(socket, pidfd, "pidfd");
        }
        if (streams.PidFile is not { } path)
            return;
        string temporary = path + ".bulkhead-new";
        using (Fd file = Sys.OpenAt(Fd.Cwd, temporary, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_TRUNC | Fcntl.O_NOFOLLOW, FileMode).OrThrow("write the pid file", path))
        {
            Errno error = Sys.WriteAll(file, Encoding.ASCII.GetBytes(pid.ToString(CultureInfo.InvariantCulture)));
            if (error != Errno.None)
                throw new StepException("write the pid file", error, path);
        }
        Errno renamed = Sys.RenameAt(Fd.Cwd, temporary, Fd.Cwd, path);
        if (renamed != Errno.None)
            throw new StepException("write the pid file", renamed, path);
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
