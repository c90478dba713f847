using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Ipc;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Time;

namespace Bulkhead.UserKernel;

/// <summary>fork, vfork and clone.</summary>
internal sealed unsafe partial class Kernel
{
    /// <summary>Of all guests together: each is two descriptors of ours.</summary>
    private const int MostUnborn = 1024;

    /// <summary>fork(2), and clone(2) without CLONE_THREAD and without CLONE_VM. <paramref name="flags"/>: the guest's.</summary>
    public long Fork(GuestTask task, ulong flags)
    {
        int pid = NewPid();
        Cell? cell = pid == 0 || unborn >= MostUnborn ? null : pool.ForFork();
        if (cell is null)
            return Fail.EAGAIN;
        Process child = NewProcess(task, pid, flags);
        IpcNamespace.Inherit(task.Process, child);
        var twin = new GuestTask(pid, child, cell, task.SlotIndex);
        Inherit(twin, task);
        TraceBirth(task, twin, flags);
        twin.TakeSlot();
        Fill(twin);
        Slot* slot = twin.Slot;
        (slot->Args[0], slot->Args[3], slot->Args[4], slot->Sp) = task.Nr == SysNr.clone ? (flags, task.A3, task.A4, task.A1) : (0, 0, 0, 0);
        SetState(twin, TaskState.Running);
        bool sent = SendFiles(task, cell.Memory.Value, cell.Theirs.Value);
        cell.Theirs.Dispose();
        if (!sent)
        {
            Forget(child, twin);
            return Fail.EAGAIN;
        }
        cell.Maker = task;
        Heat(cell, task.SlotIndex);
        // Other threads wait for their descriptors until these are taken.
        SendBirth(task, ReplyAction.Fork, twin, mustReport: (flags & ToldLater) != 0 || task.Cell.HasThreads);
        return Fail.Answered;
    }

    /// <summary>The gate makes <paramref name="newborn"/>, and the guest goes on with its id; the kernel hears of it only when it failed, or must.</summary>
    private void SendBirth(GuestTask task, ReplyAction action, GuestTask newborn, bool mustReport)
    {
        task.Newborn = newborn;
        newborn.Slot->BornAsking = HasDeliverable(newborn) ? 1u : 0;
        Slot* slot = task.Slot;
        slot->Result = newborn.Tid;
        slot->Report = mustReport || task.Trace is not null ? 1u : 0;
        slot->More = HasDeliverable(task);
        Send(task, action);
    }

    /// <summary>The gate that made a child has gone on: it said that there is one. If the host says that there never was, it ends here.</summary>
    private void LetGo(GuestTask task)
    {
        GuestTask? newborn = task.Newborn;
        task.Newborn = null;
        if (newborn is { Cell: { IsHungUp: true, IsGone: false, HostPid: 0 } cell })
            EndTasks(cell, Signal.SIGKILL);
    }

    /// <summary>What the gate says of a birth, <paramref name="result"/>: the host's id, or an error.</summary>
    private void TakeReport(GuestTask task, GuestTask newborn, long result)
    {
        bool isThread = newborn.Cell == task.Cell;
        // Also of one that has ended meanwhile.
        if (result > 0 && !isThread && (task.A0 & ParentSetTid) != 0)
            HostMemory.Write(task.HostPid, task.A2, newborn.Tid);
        if (result <= 0 && newborn.HasAsked)
            EndProcess(task.Process, Signal.SIGSEGV); // it is there, whatever the gate says
        else if (newborn.State == TaskState.Dead)
        {
            // It came and went, or is to go.
            if (isThread && task.Cell.TaskAt(newborn.SlotIndex) is { IsDismissed: true } rest)
                Kick(rest);
            AnswerBirth(task, newborn.Tid, null);
        }
        else if (result <= 0)
        {
            if (newborn.Process == task.Process)
                RemoveTask(newborn);
            else
                Forget(newborn.Process, newborn);
            Answer(task, Fail.EAGAIN);
        }
        else
        {
            if (isThread && (HasDeliverable(newborn) || newborn.Process.IsStopped))
                Kick(newborn);
            AnswerBirth(task, newborn.Tid, (task.A0 & VforkFlag) != 0 && newborn.Process != task.Process ? newborn.Process : null);
        }
    }

    /// <summary>
    /// vfork(2): the child runs on its parent's host thread and memory until it executes or ends, while the parent is suspended: what vfork
    /// promises, without a process of the host's (docs/decisions/0035).
    /// </summary>
    public long Vfork(GuestTask task, ulong flags, ulong stack)
    {
        int pid = NewPid();
        if (pid == 0)
            return Fail.EAGAIN;
        Process child = NewProcess(task, pid, flags);
        var twin = new GuestTask(pid, child, task.Cell, task.SlotIndex) { VforkParent = task, HostTid = task.HostTid };
        Inherit(twin, task);
        child.CellBase = CpuUsage.OfCell(task.HostPid);
        twin.TakeSlot();
        SetState(task, TaskState.Suspended);
        Fill(twin);
        Slot* slot = twin.Slot;
        slot->Sp = stack;
        Send(twin, ReplyAction.Vfork);
        return Fail.Answered;
    }

    /// <summary>The host thread goes back to the parent of a vfork child, which waits in a request.</summary>
    public void GiveBack(GuestTask child)
    {
        GuestTask parent = child.VforkParent!;
        child.VforkParent = null;
        parent.Process.CellBase = parent.Process.CellBase.Plus(child.Process.Used);
        SetState(child, TaskState.Suspended);
        if (parent.Cell.IsGone)
            return;
        if (parent.State == TaskState.Dead)
        {
            // Others share the memory: the host thread alone ends.
            parent.TakeSlot();
            Dismiss(parent);
            return;
        }
        parent.TakeSlot();
        SetState(parent, TaskState.Running);
        Fill(parent);
        Slot* slot = parent.Slot;
        slot->Result = child.Process.Pid;
        slot->More = HasDeliverable(parent) || parent.Process.IsStopped;
        Send(parent, ReplyAction.VforkEnd);
    }

    /// <summary>The process that was made last.</summary>
    public Process? Youngest { get; private set; }

    private Process NewProcess(GuestTask task, int pid, ulong flags)
    {
        Process parent = task.Process;
        if ((flags & Sched.CLONE_PARENT) != 0 && parent.Parent is not null)
            parent = parent.Parent;
        var child = new Process(this, pid)
        {
            StartTime = HostEvents.Now(1),
            Parent = parent,
            Maker = task,
            Group = task.Process.Group,
            Session = task.Process.Session,
            Terminal = task.Process.Terminal,
            Files = (flags & Sched.CLONE_FILES) != 0 ? task.Process.Files.Share() : task.Process.Files.Copy(),
            Place = (flags & Sched.CLONE_FS) != 0 ? task.Process.Place.Share() : task.Process.Place.Copy(),
            Actions = (flags & Sched.CLONE_SIGHAND) != 0 ? task.Process.Actions : task.Process.Actions.Copy(),
            ExitSignal = (int)(flags & 0xff),
            NoNewPrivileges = task.Process.NoNewPrivileges,
            CommandLine = task.Process.CommandLine,
            Environment = task.Process.Environment,
            Executable = task.Process.Executable,
            Limits = task.Process.Limits.Copy(),
            Traits = task.Process.Traits,
            Layout = task.Process.Layout,
            SharedTexts = task.Process.SharedTexts,
            Program = task.Process.Program?.Share(),
        };
        parent.Children.Add(child);
        processes.Add(pid, child);
        Youngest = child;
        if (child.Limits[ResourceLimits.Cpu].Soft != ulong.MaxValue)
            child.CpuLimit.Set();
        return child;
    }

    private void Inherit(GuestTask twin, GuestTask task)
    {
        twin.Credentials = task.Credentials;
        twin.Name = task.Name;
        twin.Mask = task.Mask;
        twin.Scheduling = task.Scheduling.ForChild();
        twin.Seccomp = task.Seccomp;
        (twin.AlternateSp, twin.AlternateSize, twin.AlternateFlags) = (task.AlternateSp, task.AlternateSize, task.AlternateFlags);
        twin.Process.Tasks.Add(twin);
        tasks.Add(twin.Tid, twin);
    }

    private void Forget(Process child, GuestTask twin)
    {
        if (twin.Maker is null)
        {
            Drop(twin.Cell);
        }
        else
        {
            // It would have shared its maker's cell, and all that is attached there.
            child.Attachments = [];
            twin.Cell.SetTask(twin.SlotIndex, null);
        }
        if (twin.Trace is { } trace)
            ForgetTrace(trace);
        SetState(twin, TaskState.Dead);
        tasks.Remove(twin.Tid);
        processes.Remove(child.Pid);
        child.Parent?.Children.Remove(child);
        child.CpuLimit.Stop();
        Ipc.Detach(child);
        child.Files.Release();
        child.Place.Release();
        child.Program?.Release();
    }

    /// <summary>clone(2) of a thread.</summary>
    public long CloneThread(GuestTask task)
    {
        int tid = NewPid();
        int index = tid == 0 ? -1 : task.Cell.FreeSlot();
        if (index < 0)
            return Fail.EAGAIN;
        var twin = new GuestTask(tid, task.Process, task.Cell, index);
        Inherit(twin, task);
        TraceBirth(task, twin, task.A0);
        twin.AlternateFlags = 2; // a thread begins without an alternate stack (sigaltstack(2))
        twin.TakeSlot();
        Fill(twin);
        SetState(twin, TaskState.Running);
        Slot* slot = task.Slot;
        slot->ThreadSlot = (uint)index;
        twin.Maker = task;
        twin.Slot->HostTid = 0;
        task.Cell.HasThreads = true;
        Heat(task.Cell, index);
        SendBirth(task, ReplyAction.Clone, twin, mustReport: false);
        return Fail.Answered;
    }
}
