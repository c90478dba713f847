using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Loader;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Time;

namespace Bulkhead.UserKernel;

/// <summary>execve(2): from one cell to the next.</summary>
internal sealed unsafe partial class Kernel
{
    /// <summary>How long an execution tries to get a process back, in nanoseconds.</summary>
    private const long Patience = 2_000_000_000;

    /// <summary>The image goes into a fresh cell; the task continues there.</summary>
    public void EnterNewCell(GuestTask task, Cell cell, ExecImage image)
    {
        SetState(task, TaskState.Suspended);
        if (cell.HostPid != 0)
            Executor.Replace(this, task, cell, image);
        else
            Order(task, cell, image, task.Cell != cell ? () => MakeRoom(task, image) : null);
    }

    /// <summary>The template makes the cell's process. <paramref name="refused"/>: what is done when the host gives no more; null: the guest's process ends.</summary>
    private void Order(GuestTask task, Cell cell, ExecImage image, System.Action? refused)
    {
        var newcomer = new GuestTask(task.Tid, task.Process, cell, 0);
        cell.SetTask(0, newcomer);
        Fill(newcomer, task);
        SetState(newcomer, TaskState.Running);
        newcomer.Then = (born, _) =>
        {
            SetState(born, TaskState.Suspended);
            Executor.Replace(this, task, cell, image);
        };
        if (refused is not null)
        {
            cell.OnRefused = () =>
            {
                SetState(newcomer, TaskState.Dead);
                Drop(cell);
                pool.MakeNoMore();
                refused();
            };
        }
        if (!factory.Fork(cell))
            EndProcess(task.Process, Signal.SIGKILL);
    }

    /// <summary>The host refused one process more (pids limit), and an execution needs none more: the old image's goes first.</summary>
    private void MakeRoom(GuestTask task, ExecImage image)
    {
        Process process = task.Process;
        Cell old = task.Cell;
        if (process.IsZombie || task.State == TaskState.Dead)
        {
            image.Close();
            return;
        }
        if (task.VforkParent is not null || old.IsGone || IsShared(old, process))
        {
            image.Close();
            Answer(task, Fail.EAGAIN); // others live in the old one
            return;
        }
        GiveUpLocks(process);
        EndOtherTasks(task);
        CpuUsage.Keep(process);
        long end = HostEvents.Now(1) + Patience;
        old.OnReaped = () => OrderAgain(task, image, end);
        Drop(old);
    }

    /// <summary>There is room now, or another one has taken it and gives it back when its own old process has ended.</summary>
    private void OrderAgain(GuestTask task, ExecImage image, long end)
    {
        if (task.Process.IsZombie || task.State == TaskState.Dead || pool.ForExec() is not { } cell)
        {
            image.Close();
            EndProcess(task.Process, Signal.SIGKILL);
        }
        else if (cell.HostPid != 0)
            Executor.Replace(this, task, cell, image);
        else
            Order(task, cell, image, () => TryLater(task, image, end));
    }

    private void TryLater(GuestTask task, ExecImage image, long end)
    {
        const long Pause = 1_000_000;
        if (HostEvents.Now(1) < end)
        {
            Timers.At(HostEvents.Now(1) + Pause, _ => OrderAgain(task, image, end));
            return;
        }
        image.Close();
        EndProcess(task.Process, Signal.SIGKILL);
    }

    /// <summary>The task's only host thread is now the first of <paramref name="cell"/>.</summary>
    public void MoveTo(GuestTask task, Cell cell)
    {
        tasks.Remove(task.Tid);
        if (task.Trace is { } trace)
            trace.Message = (ulong)task.Tid; // PTRACE_EVENT_EXEC
        task.Tid = task.Process.Pid;
        tasks[task.Tid] = task;
        task.Cell = cell;
        task.SlotIndex = 0;
        task.HostTid = cell.HostPid;
        task.Maker = null;
        task.TakeSlot();
    }

    /// <summary>A new image's first instruction.</summary>
    public void Jump(GuestTask task, ulong entry, ulong stackPointer, ulong heap)
    {
        Slot* slot = task.Slot;
        slot->Ip = entry;
        slot->Sp = stackPointer;
        slot->Args[0] = heap;
        slot->Args[1] = Options.Rewriting ? 0u : 1;
        if (task.Trace is { } trace)
            BeginImage(task, trace);
        slot->More = HasDeliverable(task) || task.Process.IsStopped;
        Send(task, ReplyAction.Jump);
    }

    /// <summary>A fresh cell for execve; null: no memory.</summary>
    public Cell? CellForExec() => pool.ForExec();

    /// <summary>The cell whose only thread asked for an exec, or one that was made for nothing.</summary>
    public void Abandon(Cell cell) => Drop(cell, waits: true);
}
