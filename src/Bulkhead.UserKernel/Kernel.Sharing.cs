using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Time;

namespace Bulkhead.UserKernel;

/// <summary>
/// Processes that share one address space (clone(2), CLONE_VM without CLONE_THREAD): each is host threads of one cell. The cell ends with the last of
/// them; a process that ends or executes before that leaves its host threads, which end when they ask next.
/// </summary>
internal sealed unsafe partial class Kernel
{
    private const ulong ChildSetTid = 0x1000000, VforkFlag = 0x4000, PidFd = 0x1000;

    /// <summary>With these the creator must not go on before the kernel has written something, or not yet.</summary>
    private const ulong ToldLater = ParentSetTid | VforkFlag | PidFd;

    /// <summary>clone(2) with CLONE_VM. Its arguments are in the task, in the order of clone, whichever call it is.</summary>
    public long CloneShared(GuestTask task, ulong flags)
    {
        int pid = NewPid();
        int index = pid == 0 ? -1 : task.Cell.FreeSlot();
        if (index < 0)
            return Fail.EAGAIN;
        Process child = NewProcess(task, pid, flags);
        child.Attachments = task.Process.Attachments;
        child.CellBase = CpuUsage.OfCell(task.HostPid);
        var twin = new GuestTask(pid, child, task.Cell, index);
        Inherit(twin, task);
        TraceBirth(task, twin, flags);
        if ((flags & VforkFlag) == 0)
            twin.AlternateFlags = DisabledFlag;
        twin.TakeSlot();
        Fill(twin);
        SetState(twin, TaskState.Running);
        // A bad address does no harm (clone(2) says nothing of EFAULT here).
        if ((flags & ParentSetTid) != 0)
            HostMemory.Write(task.HostPid, task.A2, pid);
        if ((flags & ChildSetTid) != 0)
            HostMemory.Write(task.HostPid, task.A3, pid);
        Slot* slot = task.Slot;
        slot->Args[0] = flags & ~(ParentSetTid | ChildSetTid);
        (slot->Args[1], slot->Args[3], slot->Args[4]) = (task.A1, task.A3, task.A4);
        slot->ThreadSlot = (uint)index;
        twin.Maker = task;
        twin.Slot->HostTid = 0;
        task.Cell.HasThreads = true;
        Heat(task.Cell, index);
        SendBirth(task, ReplyAction.Clone, twin, mustReport: (flags & ToldLater) != 0);
        return Fail.Answered;
    }

    /// <summary>Another process lives in the cell.</summary>
    private static bool IsShared(Cell cell, Process process)
    {
        for (int i = 0; i < cell.Used; i++)
        {
            if (cell.TaskAt(i) is { State: not TaskState.Dead, IsDismissed: false } other && other.Process != process && !other.Process.IsZombie)
                return true;
        }
        return false;
    }

    /// <summary>exit(2) or execve(2): the memory goes, or is left to those who share it.</summary>
    public void LeaveMemory(Process process)
    {
        if (process.Leader is { } leader && !leader.Cell.IsGone && IsShared(leader.Cell, process))
            process.Attachments = [];
        else
            Ipc.Detach(process);
    }

    /// <summary>The end of the task's host thread, or of the cell with it.</summary>
    public void EndHostThread(GuestTask task)
    {
        if (task.Cell.IsGone)
            return;
        if (IsShared(task.Cell, task.Process))
            Dismiss(task);
        else
            Drop(task.Cell, waits: System.Threading.Volatile.Read(ref task.Slot->State) == GateLayout.Request);
    }

    /// <summary>
    /// The host thread of a task that is no more, in a cell that lives on: it ends as soon as it asks. Until then a stand-in holds its slot, so
    /// that whatever it asks is answered with its end and nothing else.
    /// </summary>
    private void Dismiss(GuestTask task)
    {
        Cell cell = task.Cell;
        if (cell.TaskAt(task.SlotIndex) != task)
            return; // a vfork child is on it, and gives it back (GiveBack)
        bool asks = task.State != TaskState.Running || System.Threading.Volatile.Read(ref task.Slot->State) == GateLayout.Request;
        var rest = new GuestTask(0, task.Process, cell, task.SlotIndex) { HostTid = task.HostTid, Maker = task.Maker, Newborn = task.Newborn, IsDismissed = true };
        cell.SetTask(task.SlotIndex, rest);
        SetState(rest, TaskState.Running);
        if (asks)
            Part(rest);
        else
            Kick(rest);
    }

    /// <summary>The host's first thread of a cell stays on its stack, and its slot with it (Leave).</summary>
    private void Part(GuestTask rest)
    {
        // Whom it was about to make is there now, and could not be told anything before.
        if (rest.Newborn is { } newborn && rest.Cell.TaskAt(newborn.SlotIndex) is { State: TaskState.Running } born && newborn.Cell == rest.Cell)
            Kick(born);
        Send(rest, ReplyAction.Exit);
        SetState(rest, TaskState.Dead);
        if (rest.HostTid != rest.HostPid)
            rest.Cell.SetTask(rest.SlotIndex, null);
    }
}
