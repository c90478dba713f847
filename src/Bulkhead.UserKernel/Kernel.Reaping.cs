using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Time;

namespace Bulkhead.UserKernel;

/// <summary>What the host says of processes that have ended.</summary>
internal sealed unsafe partial class Kernel
{
    private const int MostReaped = 256;
    private bool mustReap;
    private int buried;
    private Cell? buriedCell;

    /// <summary>Host processes that have ended. One that we did not end was killed from outside, by the memory limit for example.</summary>
    private void Reap()
    {
        mustReap = false;
        for (int i = 0; i < MostReaped; i++)
        {
            int pid = HostEvents.Reap(-1, out int status, out Usage used);
            if (pid == 0)
                return;
            if (pid == factory.TemplatePid)
            {
                ExitStatus ??= Signal.SIGKILL;
                return;
            }
            if (!byHostPid.Remove(pid, out Cell? cell))
                BuryStranger(pid, status, used);
            else
                EndCell(cell, status, used);
        }
        mustReap = true; // who makes processes without end must not keep the others waiting
    }

    /// <summary>Before anybody is told of faults and memory of a process that has ended: the host's word is waited for, which is a moment away.</summary>
    public void Settle(Process process)
    {
        const long Moment = 20_000_000;
        long end = HostEvents.Now(1) + Moment;
        foreach (Cell cell in process.Unsettled.ToArray())
        {
            while (cell is { Charged: not null, HostPid: var pid and > 0 } && HostEvents.Now(1) < end)
            {
                cell.Kill(); // or it would live on until there is time to put it away
                if (HostEvents.Reap(pid, out int status, out Usage used) == pid && byHostPid.Remove(pid))
                    EndCell(cell, status, used);
                else
                    HostEvents.Yield();
            }
        }
        process.Unsettled.Clear();
    }

    private void EndCell(Cell cell, int status, in Usage used)
    {
        CpuUsage.Settle(cell, used);
        cell.HostPid = 0; // the number is the host's again
        FinishRequests(cell);
        if (cell.OnReaped is { } then)
        {
            cell.OnReaped = null;
            then();
        }
        int signal = status & 0x7f;
        int gate = status >> 8 & 0xff;
        if (signal == 0)
            signal = gate > 128 ? gate - 128 : Signal.SIGSEGV;
        EndTasks(cell, signal);
    }

    /// <summary>The end of all whose threads a cell has, also of those who wait there for a vfork child.</summary>
    private void EndTasks(Cell cell, int signal)
    {
        for (int i = 0; i < cell.Used && !cell.IsGone; i++)
        {
            if (cell.TaskAt(i) is not { State: not TaskState.Dead, IsDismissed: false } task)
                continue;
            GuestTask owner = task;
            while (owner.VforkParent is { } parent)
                owner = parent;
            EndProcess(owner.Process, signal);
            EndProcess(task.Process, signal);
        }
        if (!cell.IsGone)
            Drop(cell);
    }

    /// <summary>
    /// A process that we did not know has ended: its number may be another's soon. What it said on sockets of cells that have no process yet is taken now,
    /// while we know that it is dead: else such a cell could become another guest's process. The cell whose process it was ends with what it asked for.
    /// </summary>
    private void BuryStranger(int pid, int status, in Usage used)
    {
        const int MostQueued = 1024; // more than a socket of ours holds
        buried = pid;
        foreach (Cell cell in new List<Cell>(cells.Values))
        {
            if (cell is { IsBorn: false, IsGone: false })
                TakeBells(cell, MostQueued);
        }
        buried = 0;
        Cell? grave = buriedCell;
        buriedCell = null;
        if (grave is { IsGone: false })
            EndCell(grave, status, used);
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
}
