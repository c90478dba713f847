using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>restart_syscall(2), kcmp(2), get_robust_list(2).</summary>
internal static class SmallCalls
{
    /// <summary>Restarts are made by running the call itself again: there is never one to restart.</summary>
    public static long Restart(GuestTask task) => task.Nr == SysNr.restart_syscall ? Fail.EINTR : Fail.ENOSYS;

    /// <summary>kcmp(2): equal, or in any order that does not change.</summary>
    public static long Compare(GuestTask task)
    {
        const int File = 0, Memory = 1, Files = 2, Place = 3, Actions = 4, Io = 5, Undo = 6;
        if (task.Kernel.FindTask((int)task.A0) is not { } one || task.Kernel.FindTask((int)task.A1) is not { } two)
            return Fail.ESRCH;
        if (!PidCalls.MayAccess(task, one.Process) || !PidCalls.MayAccess(task, two.Process))
            return Fail.EPERM;
        (object? first, object? second) = (int)task.A2 switch
        {
            File => ((object?)one.Process.Files[(int)task.A3], (object?)two.Process.Files[(int)task.A4]),
            Memory => ((object?)one.Cell, (object?)two.Cell),
            Files => (one.Process.Files, two.Process.Files),
            Place => (one.Process.Place, two.Process.Place),
            Actions => (one.Process.Actions, two.Process.Actions),
            Io or Undo => (one.Process, two.Process),
            _ => (null, null),
        };
        if (first is null || second is null)
            return (int)task.A2 is File ? Fail.EBADF : Fail.EINVAL;
        if (first == second)
            return 0;
        int a = System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(first), b = System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(second);
        return a == b ? 3 : a < b ? 1 : 2;
    }

    public static long RobustList(GuestTask task)
    {
        const ulong HeadSize = 24;
        if (((int)task.A0 == 0 ? task : task.Kernel.FindTask((int)task.A0)) is not { } other)
            return Fail.ESRCH;
        if (!PidCalls.MayAccess(task, other.Process))
            return Fail.EPERM;
        return Guest.Write(task, task.A2, HeadSize) && Guest.Write(task, task.A1, other.RobustList) ? 0 : Fail.EFAULT;
    }
}
