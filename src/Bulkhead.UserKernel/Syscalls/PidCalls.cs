using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs.Proc;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2).</summary>
internal static class PidCalls
{
    private const int OfThread = Fcntl.O_EXCL, CapPtrace = 19;
    private const uint ToThread = 1, ToProcess = 2, ToGroup = 4;

    public static long Open(GuestTask task)
    {
        int pid = (int)task.A0, flags = (int)task.A1;
        if ((flags & ~(Fcntl.O_NONBLOCK | OfThread)) != 0 || pid <= 0)
            return Fail.EINVAL;
        GuestTask? thread = task.Kernel.FindTask(pid);
        Process? process = task.Kernel.Find(pid);
        if ((flags & OfThread) != 0 && thread is not null)
            return Add(task, new PidFile(thread.Process, thread), flags);
        if (process is null)
            return thread is null ? Fail.ESRCH : Fail.ENOENT;
        return Add(task, new PidFile(process), flags);
    }

    public static long Add(GuestTask task, PidFile file, int flags)
    {
        file.Flags = Fcntl.O_RDWR | (flags & (Fcntl.O_NONBLOCK | OfThread));
        return task.Process.Files.Add(file, closeOnExec: true, task.Process.Limits[ResourceLimits.Files].Soft);
    }

    public static long SendSignal(GuestTask task)
    {
        uint flags = (uint)task.A3;
        int signal = (int)task.A1;
        if ((flags & ~(ToThread | ToProcess | ToGroup)) != 0 || System.Numerics.BitOperations.PopCount(flags) > 1)
            return Fail.EINVAL;
        if (PidFileOf(Guest.File(task, task.A0)) is not { } file)
            return Fail.EBADF;
        SignalInfo info = SignalInfo.From(signal, SignalInfo.UserCode, task.Process.Pid, task.Credentials.Uid);
        if (task.A2 != 0)
        {
            if (!Guest.Read(task, task.A2, out info))
                return Fail.EFAULT;
            if (info.Signal != signal)
                return Fail.EINVAL;
            if (info.Code == SignalInfo.TimerCode)
                info.TimerSetting = 0;
            if ((info.Code >= 0 || info.Code == SignalInfo.ThreadCode) && file.Process != task.Process)
                return Fail.EPERM;
        }
        if (signal is < 0 or > SignalSet.Highest)
            return Fail.EINVAL;
        if (file.IsGone)
            return Fail.ESRCH;
        if ((flags & ToGroup) != 0)
            return SendToGroup(task, file.Process.Group, info);
        if (!SignalCalls.May(task, file.Process, signal))
            return Fail.EPERM;
        bool one = (flags & ToThread) != 0 || (file.Thread is not null && flags == 0);
        GuestTask? thread = one ? file.Thread ?? file.Process.Leader : null;
        if (signal == 0)
            return 0;
        bool sent = thread is not null ? task.Kernel.SendSignal(thread, info) : task.Kernel.SendSignal(file.Process, info);
        return sent ? 0 : Fail.EAGAIN;
    }

    /// <summary>An open directory /proc/PID stands for its process too (pidfd_send_signal(2)).</summary>
    private static PidFile? PidFileOf(OpenFile? file) => file switch
    {
        PidFile pid => pid,
        NodeDirectory { Node: ProcessTree { Process: { } process } } => new PidFile(process),
        _ => null,
    };

    private static long SendToGroup(GuestTask task, int group, in SignalInfo info)
    {
        long result = Fail.ESRCH;
        foreach (Process process in task.Kernel.ProcessesOf(group))
        {
            bool may = SignalCalls.May(task, process, info.Signal);
            if (may && info.Signal != 0)
                task.Kernel.SendSignal(process, info);
            result = may ? 0 : result == 0 ? 0 : Fail.EPERM;
        }
        return result;
    }

    /// <summary>Whether one may look into the other, as ptrace(2)'s access checks have it.</summary>
    public static bool MayAccess(GuestTask task, Process other, GuestTask? thread = null)
    {
        if (other == task.Process || task.Credentials.Has(CapPtrace))
            return true;
        if ((thread ?? other.Leader)?.Credentials is not { } theirs)
            return false;
        Credentials mine = task.Credentials;
        return mine.Uid == theirs.Euid && mine.Uid == theirs.Suid && mine.Uid == theirs.Uid && mine.Gid == theirs.Egid && mine.Gid == theirs.Sgid && mine.Gid == theirs.Gid
            && other.Traits.Dumpable == 1 && (theirs.Permitted & ~mine.Permitted) == 0;
    }

    /// <summary>PTRACE_TRACEME: the tracer-to-be has all that the other has (cap_ptrace_traceme of security/commoncap.c).</summary>
    public static bool HasCapabilitiesOf(GuestTask tracer, GuestTask task) =>
        tracer.Credentials.Has(CapPtrace) || (task.Credentials.Permitted & ~tracer.Credentials.Permitted) == 0;

    public static long GetFile(GuestTask task)
    {
        if (task.A2 != 0)
            return Fail.EINVAL;
        if (Guest.File(task, task.A0) is not PidFile file)
            return Fail.EBADF;
        if (file.IsGone || file.Process.IsZombie)
            return Fail.ESRCH;
        if (!MayAccess(task, file.Process))
            return Fail.EPERM;
        if (file.Process.Files[(int)task.A1] is not { } open)
            return Fail.EBADF;
        return task.Process.Files.Add(open.Share(), closeOnExec: true, task.Process.Limits[ResourceLimits.Files].Soft);
    }
}
