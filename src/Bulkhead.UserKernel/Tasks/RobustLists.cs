using Bulkhead.UserKernel.Host;

namespace Bulkhead.UserKernel.Tasks;

/// <summary>
/// What a process held when it ended (get_robust_list(2), futex_cleanup of kernel/futex/core.c): each word of its threads' lists that has the
/// thread's id is marked, so that whoever waits for it in shared memory takes it over. A thread that ends by itself does it in its gate.
/// </summary>
internal static class RobustLists
{
    private const uint TidMask = 0x3fffffff, OwnerDied = 0x40000000, Waiters = 0x80000000;
    private const int MostEntries = 2048, MostOfProcess = 8192;

    /// <summary>True: something was given up. The process's memory must be there still, and nothing of it run any more.</summary>
    public static bool Bury(Process process)
    {
        int left = MostOfProcess;
        bool found = false;
        foreach (GuestTask task in process.Tasks)
        {
            if (task.RobustList != 0 && task.HostPid > 0)
                found |= Bury(task.HostPid, task.RobustList, (uint)task.Tid, ref left);
        }
        return found;
    }

    private static bool Bury(int pid, ulong list, uint tid, ref int left)
    {
        // struct robust_list_head of linux/futex.h.
        if (!HostMemory.Read(pid, list, out (ulong Entry, ulong Offset, ulong Pending) head))
            return false;
        (ulong entry, ulong offset, ulong pending) = head;
        bool found = false;
        for (int i = 0; i < MostEntries && left > 0 && entry != list; i++, left--)
        {
            bool goesOn = HostMemory.Read(pid, entry & ~1UL, out ulong next);
            if (entry != pending)
                found |= BuryWord(pid, (entry & ~1UL) + offset, tid);
            if (!goesOn)
                return found;
            entry = next;
        }
        return pending != 0 ? BuryWord(pid, (pending & ~1UL) + offset, tid) || found : found;
    }

    private static bool BuryWord(int pid, ulong address, uint tid) => (address & 3) == 0 && HostMemory.Read(pid, address, out uint word)
        && (word & TidMask) == tid && HostMemory.Write(pid, address, (word & Waiters) | OwnerDied);
}
