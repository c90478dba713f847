using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>Whom a directory /proc/PID or /proc/PID/task/TID is about.</summary>
internal sealed class Subject(Process process, GuestTask? thread)
{
    private const int TraceCapability = 19;

    public Process Process => process;

    /// <summary>The thread, of a whole process its leader; a dead one after its end; null before the first.</summary>
    public GuestTask? Main => thread ?? process.Leader ?? process.Ended;

    public bool IsThread => thread is not null;

    public int Id => thread?.Tid ?? process.Pid;

    /// <summary>Waited for, or a thread that has ended: nothing can be asked any more.</summary>
    public bool IsGone => thread is null ? process.Kernel.Find(process.Pid) != process : thread.State == TaskState.Dead;

    /// <summary>The host's process with its memory; 0: none any more.</summary>
    public int HostPid => process.IsZombie || Main is not { State: not TaskState.Dead } main || main.Cell.IsGone ? 0 : main.HostPid;

    /// <summary>The host's thread; 0: none.</summary>
    public int HostTid => HostPid == 0 ? 0 : Main!.HostTid > 0 ? Main.HostTid : HostPid;

    public Credentials User => Main?.Credentials ?? new Credentials();

    /// <summary>What is not dumpable is root's (proc(5)).</summary>
    public (uint Uid, uint Gid) Owner => process.Traits.Dumpable == 1 ? (User.Euid, User.Egid) : (0, 0);

    public (uint Uid, uint Gid) DirectoryOwner => (User.Euid, User.Egid);

    /// <summary>PTRACE_MODE_READ_FSCREDS of ptrace(2): the check before whatever tells of another process's inside.</summary>
    public bool MayRead(GuestTask asker)
    {
        if (asker.Process == process)
            return true;
        Credentials own = asker.Credentials, its = User;
        if (own.Has(TraceCapability))
            return true;
        bool same = own.Fsuid == its.Euid && own.Fsuid == its.Suid && own.Fsuid == its.Uid && own.Fsgid == its.Egid && own.Fsgid == its.Sgid && own.Fsgid == its.Gid;
        return same && process.Traits.Dumpable == 1 && (its.Permitted & ~own.Effective) == 0;
    }

    /// <summary>The same as an answer: 0 or EACCES.</summary>
    public long CheckRead(GuestTask asker) => MayRead(asker) ? 0 : Fail.EACCES;
}
