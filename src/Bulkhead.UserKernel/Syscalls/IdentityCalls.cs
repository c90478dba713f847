using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>Sessions and process groups (setpgid(2), setsid(2)).</summary>
internal static class IdentityCalls
{
    public static long ProcessId(GuestTask task) => task.Process.Pid;

    public static long ThreadId(GuestTask task) => task.Tid;

    public static long ParentId(GuestTask task) => task.Process.Parent?.Pid ?? 0;

    private static Process? Named(GuestTask task, ulong pid) => (int)pid == 0 ? task.Process : task.Kernel.Find((int)pid);

    public static long GetGroup(GuestTask task) => Named(task, task.A0) is { } process ? process.Group : Fail.ESRCH;

    public static long OwnGroup(GuestTask task) => task.Process.Group;

    public static long GetSession(GuestTask task) => Named(task, task.A0) is { } process ? process.Session : Fail.ESRCH;

    public static long SetGroup(GuestTask task)
    {
        int group = (int)task.A1 != 0 ? (int)task.A1 : (int)task.A0;
        if (group < 0)
            return Fail.EINVAL;
        if (Named(task, task.A0) is not { } process || (process != task.Process && process.Parent != task.Process))
            return Fail.ESRCH;
        if (group == 0)
            group = process.Pid;
        if (process != task.Process && process.HasExecuted)
            return Fail.EACCES;
        if (process.Session != task.Process.Session || process.Session == process.Pid)
            return Fail.EPERM;
        if (group != process.Pid && !task.Kernel.SessionHasGroup(process.Session, group))
            return Fail.EPERM;
        process.Group = group;
        return 0;
    }

    public static long SetSession(GuestTask task)
    {
        Process process = task.Process;
        if (process.Group == process.Pid || task.Kernel.ProcessesOf(process.Pid).Count > 0)
            return Fail.EPERM;
        process.Group = process.Session = process.Pid;
        process.Terminal = null;
        return process.Pid;
    }
}
