using System;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Filters;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>seccomp(2), and what its filters say of each call of a guest.</summary>
internal static unsafe class SeccompCalls
{
    private const uint SetStrict = 0, Action = 0xFFFF0000;
    private const int AdminCapability = 21, MostErrno = 4095;

    public static long Seccomp(GuestTask task)
    {
        switch ((uint)task.A0)
        {
            case SetStrict:
                return task.A1 != 0 || task.A2 != 0 ? Fail.EINVAL : BecomeStrict(task);
            case SeccompAbi.SECCOMP_SET_MODE_FILTER:
                return AddFilter(task, task.A1, task.A2);
            case SeccompAbi.SECCOMP_GET_ACTION_AVAIL:
                return task.A1 != 0 ? Fail.EINVAL : IsKnown(task);
            case SeccompAbi.SECCOMP_GET_NOTIF_SIZES:
                ReadOnlySpan<ushort> sizes = [80, 24, 64];
                return task.A1 != 0 ? Fail.EINVAL : Guest.Put(task, task.A2, MemoryMarshal.AsBytes(sizes));
            default:
                return Fail.EINVAL;
        }
    }

    private static long IsKnown(GuestTask task)
    {
        if (!Guest.Read(task, task.A2, out uint action))
            return Fail.EFAULT;
        return action is SeccompAbi.SECCOMP_RET_KILL_PROCESS or SeccompAbi.SECCOMP_RET_KILL_THREAD or SeccompAbi.SECCOMP_RET_TRAP or SeccompAbi.SECCOMP_RET_ERRNO
            or SeccompAbi.SECCOMP_RET_TRACE or SeccompAbi.SECCOMP_RET_LOG or SeccompAbi.SECCOMP_RET_ALLOW ? 0 : Fail.EOPNOTSUPP;
    }

    public static long BecomeStrict(GuestTask task)
    {
        if (task.Seccomp is { Mode: not SeccompState.StrictMode })
            return Fail.EINVAL;
        Set(task, SeccompState.Strict);
        return 0;
    }

    /// <summary>The filter that the sandbox was given for a process of its own (runtime-spec, linux.seccomp).</summary>
    /// <exception cref="FormatException">No program that seccomp(2) would take.</exception>
    public static SeccompState? Initial(KernelOptions options)
    {
        if (options.Seccomp.Length == 0)
            return null;
        FilterProgram? program = options.Seccomp.Length % sizeof(sock_filter) == 0 ? FilterProgram.Check(MemoryMarshal.Cast<byte, sock_filter>(options.Seccomp).ToArray()) : null;
        return program is null ? throw new FormatException("bulkhead-kernel: --seccomp: not a filter") : SeccompState.With(null, program);
    }

    private static void Set(GuestTask task, SeccompState state)
    {
        task.Seccomp = state;
        Kernel.Fill(task);
    }

    /// <summary>Listeners for SECCOMP_RET_USER_NOTIF are not there: EINVAL, as kernels before 5.0 say.</summary>
    public static long AddFilter(GuestTask task, ulong flags, ulong address)
    {
        const ulong Known = SeccompAbi.SECCOMP_FILTER_FLAG_TSYNC | SeccompAbi.SECCOMP_FILTER_FLAG_LOG | SeccompAbi.SECCOMP_FILTER_FLAG_SPEC_ALLOW | SeccompAbi.SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
        if ((flags & ~Known) != 0 || task.Seccomp is { Mode: SeccompState.StrictMode })
            return Fail.EINVAL;
        if (!Guest.Read(task, address, out sock_fprog program))
            return Fail.EFAULT;
        if (program.len is 0 or > ClassicBpf.BPF_MAXINSNS)
            return Fail.EINVAL;
        if (!task.Process.NoNewPrivileges && !task.Credentials.Has(AdminCapability))
            return Fail.EACCES;
        var code = new sock_filter[program.len];
        if (!HostMemory.Read(task.HostPid, (ulong)program.filter, MemoryMarshal.AsBytes(code.AsSpan())))
            return Fail.EFAULT;
        if (FilterProgram.Check(code) is not { } filter)
            return Fail.EINVAL;
        if ((flags & SeccompAbi.SECCOMP_FILTER_FLAG_TSYNC) != 0 && OtherLine(task) is { } strange)
            return (flags & SeccompAbi.SECCOMP_FILTER_FLAG_TSYNC_ESRCH) != 0 ? Fail.ESRCH : strange.Tid;
        if (SeccompState.With(task.Seccomp, filter) is not { } state)
            return Fail.ENOMEM;
        Set(task, state);
        foreach (GuestTask other in task.Process.Tasks)
        {
            if ((flags & SeccompAbi.SECCOMP_FILTER_FLAG_TSYNC) != 0 && other != task)
                Set(other, state);
        }
        return 0;
    }

    /// <summary>A thread whose filters are not among ours: it cannot be synchronised.</summary>
    private static GuestTask? OtherLine(GuestTask task)
    {
        foreach (GuestTask other in task.Process.Tasks)
        {
            if (other != task && other.Seccomp is { } state && (task.Seccomp is null || !task.Seccomp.Descends(state)))
                return other;
        }
        return null;
    }

    /// <summary>
    /// Asks the thread's filters about the call in hand. False: it is answered already. <paramref name="again"/>: a tracer has had its say, and has
    /// perhaps made another call of it.
    /// </summary>
    public static bool Admit(GuestTask task, int nr, ulong instruction, bool again = false)
    {
        if (task.Seccomp!.Allows(nr))
            return true;
        var call = new seccomp_data { nr = nr, arch = SeccompState.Architecture, instruction_pointer = instruction };
        (call.args[0], call.args[1], call.args[2], call.args[3], call.args[4], call.args[5]) = (task.A0, task.A1, task.A2, task.A3, task.A4, task.A5);
        uint word = task.Seccomp!.Decide(call);
        int data = (int)(word & SeccompAbi.SECCOMP_RET_DATA);
        switch (word & Action)
        {
            case SeccompAbi.SECCOMP_RET_ALLOW or SeccompAbi.SECCOMP_RET_LOG:
                return true;
            case SeccompAbi.SECCOMP_RET_ERRNO:
                task.Kernel.Answer(task, -Math.Min(data, MostErrno));
                return false;
            case SeccompAbi.SECCOMP_RET_TRAP:
                Trap(task, nr, data, instruction);
                return false;
            case SeccompAbi.SECCOMP_RET_TRACE when again:
                return true;
            case SeccompAbi.SECCOMP_RET_TRACE when task.Kernel.StopsForFilter(task, nr, (uint)data):
                return false;
            case SeccompAbi.SECCOMP_RET_TRACE or SeccompAbi.SECCOMP_RET_USER_NOTIF:
                task.Kernel.Answer(task, Fail.ENOSYS); // nobody traces, nobody listens
                return false;
            default:
                Kill(task, word & Action);
                return false;
        }
    }

    /// <summary>SIGSYS as if the call had not been made: rax keeps its number.</summary>
    private static void Trap(GuestTask task, int nr, int data, ulong instruction)
    {
        SignalInfo info = default;
        (info.Signal, info.Code, info.Error, info.Address) = (Signal.SIGSYS, 1 /* SYS_SECCOMP */, data, instruction);
        info.Value = (uint)nr | ((ulong)SeccompState.Architecture << 32);
        task.Kernel.ForceSignal(task, info);
        task.Kernel.Answer(task, nr);
    }

    private static void Kill(GuestTask task, uint action)
    {
        int signal = task.Seccomp!.Mode == SeccompState.StrictMode ? Signal.SIGKILL : Signal.SIGSYS;
        if (action == SeccompAbi.SECCOMP_RET_KILL_THREAD && task.Process.Tasks.Count > 1)
            task.Kernel.KillTask(task);
        else
            task.Kernel.EndProcess(task.Process, signal);
    }

    /// <summary>Calls that the gate does by itself, which has passed this one on only to be asked about.</summary>
    public static bool IsOfGate(GuestTask task) => task.Nr switch
    {
        SysNr.brk or SysNr.munmap or SysNr.mprotect or SysNr.mremap or SysNr.futex or SysNr.futex_waitv or SysNr.sched_yield => true,
        SysNr.madvise => task.A2 is <= 4 or (>= 8 and <= 11) or (>= 14 and <= 25) or 102 or 103, // as memory_call of the gate has it
        _ => false,
    };
}
