using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Files.Terminals;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Ipc;
using Bulkhead.UserKernel.Loader;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Time;

namespace Bulkhead.UserKernel;

/// <summary>Birth and end of processes and threads.</summary>
internal sealed unsafe partial class Kernel
{
    public const int MostPids = 32768;
    private const ulong ParentSetTid = 0x100000;
    private readonly SortedDictionary<int, Process> processes = [];
    private readonly Dictionary<int, GuestTask> tasks = [];
    private readonly Dictionary<int, Cell> byHostPid = [];
    private int lastPid;

    public IEnumerable<Process> Processes => processes.Values;

    /// <summary>The sandbox's own terminal; null without one.</summary>
    public HostConsole? Console { get; private set; }

    public Process? Find(int pid) => processes.GetValueOrDefault(pid);

    public GuestTask? FindTask(int tid) => tasks.GetValueOrDefault(tid);

    public List<Process> ProcessesOf(int group)
    {
        var found = new List<Process>();
        foreach (Process process in processes.Values)
        {
            if (process.Group == group && !process.IsZombie)
                found.Add(process);
        }
        return found;
    }

    public bool SessionHasGroup(int session, int group)
    {
        foreach (Process process in processes.Values)
        {
            if (process.Group == group && process.Session == session)
                return true;
        }
        return false;
    }

    private int NewPid()
    {
        for (int tries = 0; tries < MostPids; tries++)
        {
            lastPid = lastPid >= MostPids - 1 ? 300 : lastPid + 1;
            if (!processes.ContainsKey(lastPid) && !tasks.ContainsKey(lastPid) && ProcessesOf(lastPid).Count == 0)
                return lastPid;
        }
        return 0;
    }

    private Cell? NewCell()
    {
        ulong key = nextKey++;
        Cell? cell = Cell.Create(key);
        if (cell is null)
            return null;
        cells.Add(key, cell);
        HostEvents.Control(epoll, HostEvents.Add, cell.Socket.Value, HostEvents.In, key);
        return cell;
    }

    private void Drop(Cell cell)
    {
        // The number stays ours until the process is reaped.
        cell.Kill();
        cells.Remove(cell.Key);
        hot.RemoveAll(entry => entry.Cell == cell);
        cell.Release();
    }

    private void StartInit()
    {
        var process = new Process(this, NewPid()) { StartTime = HostEvents.Now(1) };
        process.Group = process.Session = process.Pid;
        processes.Add(process.Pid, process);
        process.Files = new FdTable();
        process.Place = Vfs.FileSystem.Start(Options);
        process.NoNewPrivileges = Options.NoNewPrivileges;
        foreach ((int resource, ulong soft, ulong hard) in Options.Limits)
        {
            if (resource is >= 0 and < ResourceLimits.Count)
                process.Limits[resource] = (soft, hard);
        }
        Cell cell = NewCell() ?? throw new Linux.StepException("make the first guest process", Linux.Errno.ENOMEM);
        var task = new GuestTask(process.Pid, process, cell, 0) { Credentials = Syscalls.CredentialCalls.Initial(Options) };
        process.Tasks.Add(task);
        tasks.Add(task.Tid, task);
        OpenStreams(process);
        Identity.Assume(task.Credentials);
        Syscalls.PlaceCalls.Begin(task);
        long error = Executor.FindInPath(task, Options.Args, Options.Env, out ExecImage? image);
        if (error < 0)
            throw new GuestStartException(Options.Args[0], (Linux.Errno)(-error));
        EnterNewCell(task, cell, image!);
    }

    private void OpenStreams(Process process)
    {
        HostTerminal? terminal = null;
        if (Options.Terminal)
        {
            Console = new HostConsole(this);
            Console.Own(process);
            terminal = Console.Standards(process.Tasks[0]);
        }
        for (int fd = 0; fd < 3; fd++)
            process.Files.Set(fd, terminal is null ? HostStream.Open(this, fd) : fd == 0 ? terminal : terminal.Share(), closeOnExec: false);
    }

    /// <summary>The image goes into a fresh cell; the task continues there.</summary>
    public void EnterNewCell(GuestTask task, Cell cell, ExecImage image)
    {
        SetState(task, TaskState.Suspended);
        var newcomer = new GuestTask(task.Tid, task.Process, cell, 0);
        cell.SetTask(0, newcomer);
        Fill(newcomer, task);
        SetState(newcomer, TaskState.Running);
        newcomer.Then = (born, _) =>
        {
            SetState(born, TaskState.Suspended);
            Executor.Replace(this, task, cell, image);
        };
        if (!factory.Fork(cell))
            EndProcess(task.Process, Signal.SIGKILL);
    }

    /// <summary>The task's only host thread is now the first of <paramref name="cell"/>.</summary>
    public void MoveTo(GuestTask task, Cell cell)
    {
        tasks.Remove(task.Tid);
        task.Tid = task.Process.Pid;
        tasks[task.Tid] = task;
        task.Cell = cell;
        task.SlotIndex = 0;
        task.HostTid = cell.HostPid;
        cell.SetTask(0, task);
    }

    /// <summary>A new image's first instruction.</summary>
    public void Jump(GuestTask task, ulong entry, ulong stackPointer, ulong heap)
    {
        Slot* slot = task.Slot;
        slot->Ip = entry;
        slot->Sp = stackPointer;
        slot->Args[0] = heap;
        Send(task, ReplyAction.Jump);
        if (HasDeliverable(task) || task.Process.IsStopped)
            Kick(task);
    }

    /// <summary>A fresh cell for execve; null: no memory.</summary>
    public Cell? CellForExec() => NewCell();

    public void Abandon(Cell cell) => Drop(cell);

    /// <summary>What the gate answers by itself.</summary>
    public static void Fill(GuestTask place, GuestTask task)
    {
        Slot* slot = place.Slot;
        slot->Pid = task.Process.Pid;
        slot->Tid = task.Tid;
        slot->ParentPid = task.Process.Parent?.Pid ?? 0;
        slot->Uid = task.Credentials.Uid;
        slot->Euid = task.Credentials.Euid;
        slot->Gid = task.Credentials.Gid;
        slot->Egid = task.Credentials.Egid;
        slot->Spin = GateSpins;
        slot->Filtered = task.Seccomp is null ? 0u : 1;
    }

    public static void Fill(GuestTask task) => Fill(task, task);

    /// <summary>fork(2), and clone(2) without CLONE_THREAD and without CLONE_VM. <paramref name="flags"/>: the guest's.</summary>
    public long Fork(GuestTask task, ulong flags)
    {
        int pid = NewPid();
        Cell? cell = pid == 0 ? null : NewCell();
        if (cell is null)
            return Fail.EAGAIN;
        Process child = NewProcess(task, pid, flags);
        IpcNamespace.Inherit(task.Process, child);
        var twin = new GuestTask(pid, child, cell, task.SlotIndex);
        Inherit(twin, task);
        cell.SetTask(task.SlotIndex, twin);
        Fill(twin);
        Slot* slot = twin.Slot;
        (slot->Args[0], slot->Args[3], slot->Args[4], slot->Sp) = task.Nr == SysNr.clone ? (flags, task.A3, task.A4, task.A1) : (0, 0, 0, 0);
        SetState(twin, TaskState.Running);
        twin.Then = (born, _) =>
        {
            born.HostTid = cell.HostPid;
            Answer(born, 0);
        };
        HostEvents.Send(task.Cell.Socket, [0], cell.Memory.Value, cell.Theirs.Value);
        cell.Theirs.Dispose();
        SendAction(task, ReplyAction.Fork, (parent, result) =>
        {
            if (result < 0)
            {
                Drop(cell);
                Forget(child, twin);
                Answer(parent, Fail.EAGAIN);
                return;
            }
            if ((flags & ParentSetTid) != 0)
                HostMemory.Write(parent.HostPid, parent.A2, pid);
            Answer(parent, pid);
        });
        return Fail.Answered;
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
        task.Cell.SetTask(task.SlotIndex, twin);
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
        if (parent.State == TaskState.Dead || parent.Cell.IsGone)
            return;
        parent.Cell.SetTask(parent.SlotIndex, parent);
        SetState(parent, TaskState.Running);
        Fill(parent);
        Slot* slot = parent.Slot;
        slot->Result = child.Process.Pid;
        slot->More = HasDeliverable(parent) || parent.Process.IsStopped ? 1u : 0;
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
            Program = task.Process.Program?.Share(),
        };
        parent.Children.Add(child);
        processes.Add(pid, child);
        Youngest = child;
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
        SetState(twin, TaskState.Dead);
        tasks.Remove(twin.Tid);
        processes.Remove(child.Pid);
        child.Parent?.Children.Remove(child);
        Ipc.Detach(child);
        child.Files.Release(this);
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
        twin.AlternateFlags = 2; // a thread begins without an alternate stack (sigaltstack(2))
        task.Cell.SetTask(index, twin);
        Fill(twin);
        twin.Slot->State = GateLayout.Idle;
        SetState(twin, TaskState.Running);
        Slot* slot = task.Slot;
        slot->ThreadSlot = (uint)index;
        slot->Result = tid;
        SendAction(task, ReplyAction.Clone, (parent, result) =>
        {
            if (result <= 0)
            {
                RemoveTask(twin);
                Answer(parent, result < 0 ? Fail.EAGAIN : Fail.EINVAL);
                return;
            }
            twin.HostTid = (int)result;
            if (HasDeliverable(twin) || twin.Process.IsStopped)
                Kick(twin);
            Answer(parent, tid);
        });
        return Fail.Answered;
    }

    private void RemoveTask(GuestTask task)
    {
        task.ForgetTimers();
        SetState(task, TaskState.Dead);
        task.Opening?.Release();
        task.Opening = null;
        foreach (WaitQueue queue in task.Queues)
            queue.Remove(task);
        task.Queues.Clear();
        if (task.Cell.TaskAt(task.SlotIndex) == task)
            task.Cell.SetTask(task.SlotIndex, null);
        task.Process.Tasks.Remove(task);
        if (task.IsLeader || task.Process.Ended is null)
            task.Process.Ended = task;
        tasks.Remove(task.Tid);
        task.Process.Ending.WakeAll(this);
    }

    /// <summary>exit(2) of one thread; the last one ends its process.</summary>
    public long ExitTask(GuestTask task, int status)
    {
        Process process = task.Process;
        if (process.Tasks.Count == 1)
        {
            EndProcess(process, (status & 0xff) << 8);
            Ends(task);
            return Fail.Answered;
        }
        // The gate is gone already: this request wants no answer.
        if (task.VforkParent is not null)
            Send(task, ReplyAction.Exit);
        Leave(task);
        return Fail.Answered;
    }

    /// <summary>One thread of several is gone. The host's first stays, on its stack: with it the process would lose its memory for us.</summary>
    private void Leave(GuestTask task)
    {
        RemoveTask(task);
        if (task.HostTid == task.HostPid)
            task.Cell.SetTask(task.SlotIndex, task);
    }

    /// <summary>One thread of several that waits for an answer ends without one.</summary>
    public void KillTask(GuestTask task)
    {
        Send(task, ReplyAction.Exit);
        Leave(task);
    }

    /// <summary>All threads but <paramref name="survivor"/> end: execve(2).</summary>
    public void EndOtherTasks(GuestTask survivor)
    {
        foreach (GuestTask other in survivor.Process.Tasks.ToArray())
        {
            if (other != survivor)
                RemoveTask(other);
        }
    }

    /// <summary>exit_group(2) or a deadly signal. <paramref name="status"/>: as wait(2) has it.</summary>
    public void EndProcess(Process process, int status)
    {
        if (process.IsZombie)
            return;
        process.IsZombie = true;
        process.IsStopped = false;
        process.ExitStatus = status;
        uint uid = process.Leader?.Credentials.Uid ?? 0;
        CpuUsage.Keep(process);
        Ipc.Detach(process);
        Ipc.Undo(process);
        process.IntervalTimers.Clear();
        process.PosixTimers.Clear();
        GuestTask? borrower = null;
        foreach (GuestTask task in process.Tasks.ToArray())
        {
            // A vfork child of ours would go on in memory that is about to vanish.
            if (task.Cell.TaskAt(task.SlotIndex) is { } onTop && onTop != task && onTop.VforkParent is not null)
                EndProcess(onTop.Process, Signal.SIGKILL);
            if (task.VforkParent is not null)
                borrower = task;
            else
                EndHostThread(task);
        }
        foreach (GuestTask task in process.Tasks.ToArray())
        {
            if (task != borrower)
                RemoveTask(task);
        }
        process.Files.Release(this);
        process.Ending.WakeAll(this);
        process.Place.Release();
        process.Program?.Release();
        process.Program = null;
        LeaveTerminal(process);
        Orphan(process);
        ReturnBorrowed(borrower);
        if (process.Pid == 1)
        {
            ExitStatus = status;
            return;
        }
        Announce(process, uid);
    }

    private void EndHostThread(GuestTask task)
    {
        if (!task.Cell.IsGone)
            Drop(task.Cell);
    }

    /// <summary>The dead vfork child's thread: at once when it waits in a request, else when its next one comes.</summary>
    private void ReturnBorrowed(GuestTask? borrower)
    {
        if (borrower is null)
            return;
        bool waits = borrower.State != TaskState.Running || System.Threading.Volatile.Read(ref borrower.Slot->State) == GateLayout.Request;
        foreach (WaitQueue queue in borrower.Queues)
            queue.Remove(borrower);
        borrower.Queues.Clear();
        borrower.Process.Tasks.Remove(borrower);
        tasks.Remove(borrower.Tid);
        if (waits)
            GiveBack(borrower);
        else
            Kick(borrower);
    }

    private void Orphan(Process process)
    {
        Process? heir = process.Parent;
        while (heir is not null && (heir.IsZombie || !heir.IsSubreaper))
            heir = heir.Parent;
        heir ??= Find(1);
        if (heir == process)
            heir = null; // init: all end with it
        List<Process> children = [.. process.Children];
        foreach (Process child in process.Children)
        {
            child.Parent = heir == child ? null : heir;
            heir?.Children.Add(child);
            if (child.Leader is { State: not TaskState.Dead } leader && !leader.Cell.IsGone)
                Fill(leader);
            if (child.ParentDeathSignal != 0)
                SendSignal(child, SignalInfo.From(child.ParentDeathSignal, SignalInfo.UserCode, process.Pid, 0));
            if (child.IsZombie && heir is not null)
                TellEnd(child);
        }
        process.Children.Clear();
        HangUpOrphans(process, children);
    }

    private void Announce(Process process, uint uid)
    {
        _ = uid;
        if (process.Parent is not { } parent)
        {
            Bury(process);
            return;
        }
        SignalAction action = parent.Actions[Signal.SIGCHLD];
        bool unwanted = process.ExitSignal == Signal.SIGCHLD && (action.Handler == SignalAction.Ignore || (action.Flags & SignalAction.NoChildWait) != 0);
        TellEnd(process);
        if (unwanted)
            Bury(process);
    }

    private void TellEnd(Process process)
    {
        Process parent = process.Parent!;
        int signal = process.ExitStatus & 0x7f;
        if (process.ExitSignal is > 0 and <= SignalSet.Highest) // clone(2) takes any number
        {
            SignalInfo info = SignalInfo.From(process.ExitSignal, signal == 0 ? SignalInfo.ChildExited : SignalInfo.ChildKilled, process.Pid, 0);
            info.Status = signal == 0 ? process.ExitStatus >> 8 : signal;
            SendSignal(parent, info);
        }
        parent.ChildChanges.WakeAll(this);
    }

    /// <summary>Nothing of the process is left: wait(2) took its status.</summary>
    public void Bury(Process process)
    {
        process.Parent?.Children.Remove(process);
        processes.Remove(process.Pid);
        process.Ending.WakeAll(this);
    }

    /// <summary>Host processes that have ended. One that we did not end was killed from outside, by the memory limit for example.</summary>
    private void Reap()
    {
        while (HostEvents.ReapAny(out int status) is var pid and > 0)
        {
            if (pid == factory.TemplatePid)
            {
                ExitStatus ??= Signal.SIGKILL;
                return;
            }
            if (!byHostPid.Remove(pid, out Cell? cell) || cell.IsGone)
                continue;
            cell.HostPid = 0; // the number is the host's again
            FinishRequests(cell);
            int signal = status & 0x7f;
            int gate = status >> 8 & 0xff;
            if (signal == 0)
                signal = gate > 128 ? gate - 128 : Signal.SIGSEGV;
            for (int i = 0; i < cell.Used; i++)
            {
                if (cell.TaskAt(i) is { } task)
                    EndProcess(task.Process, signal);
            }
            if (!cell.IsGone)
                Drop(cell);
        }
    }

    /// <summary>A last exit(2) that was asked for and not seen yet.</summary>
    private void FinishRequests(Cell cell)
    {
        for (int i = 0; i < cell.Used && !cell.IsGone; i++)
        {
            if (HasRequest(cell, i))
                Handle(cell, i);
        }
    }

    private void EndAll()
    {
        foreach (Cell cell in new List<Cell>(cells.Values))
            Drop(cell);
        factory.Dispose();
    }
}
