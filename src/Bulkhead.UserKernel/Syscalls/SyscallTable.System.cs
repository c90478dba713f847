using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Syscalls;

internal static unsafe partial class SyscallTable
{
    private const string NoCapability = "no capability for it is ever given";

    /// <summary>Scheduling, attributes of processes, and what is refused.</summary>
    private static void AddSystem(SyscallEntry[] table)
    {
        table[SysNr.arch_prctl] = new("arch_prctl", Support.Partial, &ProcessCalls.ThreadArea, "bases of FS and GS");
        table[SysNr.sched_getaffinity] = new("sched_getaffinity", Support.Partial, &SchedulingCalls.GetAffinity, "");
        table[SysNr.sched_setaffinity] = new("sched_setaffinity", Support.Partial, &SchedulingCalls.SetAffinity, "kept, not applied");
        table[SysNr.sched_getscheduler] = new("sched_getscheduler", Support.Partial, &SchedulingCalls.GetScheduler, "");
        table[SysNr.sched_setscheduler] = new("sched_setscheduler", Support.Partial, &SchedulingCalls.SetScheduler, "kept, not applied");
        table[SysNr.sched_getparam] = new("sched_getparam", Support.Partial, &SchedulingCalls.GetParameter, "");
        table[SysNr.sched_setparam] = new("sched_setparam", Support.Partial, &SchedulingCalls.SetParameter, "kept, not applied");
        table[SysNr.sched_getattr] = new("sched_getattr", Support.Partial, &SchedulingCalls.GetAttributes, "");
        table[SysNr.sched_setattr] = new("sched_setattr", Support.Partial, &SchedulingCalls.SetAttributes, "kept, not applied; no utilisation clamps");
        table[SysNr.sched_rr_get_interval] = new("sched_rr_get_interval", Support.Partial, &SchedulingCalls.Interval, "");
        table[SysNr.sched_get_priority_max] = new("sched_get_priority_max", Support.Partial, &SchedulingCalls.PriorityBound, "");
        table[SysNr.sched_get_priority_min] = new("sched_get_priority_min", Support.Partial, &SchedulingCalls.PriorityBound, "");
        table[SysNr.sched_yield] = new("sched_yield", Support.Partial, &SchedulingCalls.Yield, "the gate's; here where it comes by another way");
        table[SysNr.getcpu] = new("getcpu", Support.Partial, &SchedulingCalls.Cpu, "the first CPU of those that are allowed");
        table[SysNr.getpriority] = new("getpriority", Support.Partial, &PriorityCalls.Get, "");
        table[SysNr.setpriority] = new("setpriority", Support.Partial, &PriorityCalls.Set, "kept, not applied");
        table[SysNr.ioprio_get] = new("ioprio_get", Support.Partial, &PriorityCalls.GetIo, "");
        table[SysNr.ioprio_set] = new("ioprio_set", Support.Partial, &PriorityCalls.SetIo, "kept, not applied");
        table[SysNr.personality] = new("personality", Support.Partial, &SystemCalls.Personality, "kept; UNAME26 only is acted on");
        table[SysNr.membarrier] = new("membarrier", Support.Partial, &SystemCalls.MemoryBarrier, "GLOBAL, PRIVATE_EXPEDITED and its registration");
        table[SysNr.seccomp] = new("seccomp", Support.Partial, &SeccompCalls.Seccomp, "no SECCOMP_RET_USER_NOTIF; sigreturn is never asked about");
        table[SysNr.rseq] = new("rseq", Support.None, &RefusedCalls.RestartableSequence, "ENOSYS: the C library does without");
        table[SysNr.ptrace] = new("ptrace", Support.Partial, &TraceCalls.Call, "no debug registers, no PTRACE_PEEKSIGINFO, no PTRACE_SECCOMP_GET_FILTER");
        AddRefused(table);
    }

    private static void AddRefused(SyscallEntry[] table)
    {
        table[SysNr.mount] = new("mount", Support.Partial, &RefusedCalls.Mount, NoCapability);
        table[SysNr.umount2] = new("umount2", Support.Partial, &RefusedCalls.Unmount, NoCapability);
        table[SysNr.open_tree] = new("open_tree", Support.Partial, &RefusedCalls.OpenTree, "without OPEN_TREE_CLONE");
        table[SysNr.move_mount] = new("move_mount", Support.Partial, &RefusedCalls.Denied, NoCapability);
        table[SysNr.fsopen] = new("fsopen", Support.Partial, &RefusedCalls.Denied, NoCapability);
        table[SysNr.fspick] = new("fspick", Support.Partial, &RefusedCalls.Denied, NoCapability);
        table[SysNr.fsmount] = new("fsmount", Support.Partial, &RefusedCalls.Denied, NoCapability);
        table[SysNr.fsconfig] = new("fsconfig", Support.Partial, &RefusedCalls.Denied, NoCapability);
        table[SysNr.mount_setattr] = new("mount_setattr", Support.Partial, &RefusedCalls.Denied, NoCapability);
        table[SysNr.setns] = new("setns", Support.Partial, &RefusedCalls.SetNameSpace, NoCapability);
        table[SysNr.unshare] = new("unshare", Support.Partial, &RefusedCalls.Unshare, "no name spaces");
        table[SysNr.chroot] = new("chroot", Support.Partial, &PlaceCalls.ChangeRoot, "");
        table[SysNr.vhangup] = new("vhangup", Support.Partial, &RefusedCalls.Denied, NoCapability);
        table[SysNr.name_to_handle_at] = new("name_to_handle_at", Support.Partial, &RefusedCalls.NameToHandle, "no file system has handles");
        table[SysNr.open_by_handle_at] = new("open_by_handle_at", Support.Partial, &RefusedCalls.Denied, NoCapability);
    }
}
