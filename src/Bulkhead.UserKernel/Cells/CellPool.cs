using System;
using System.Collections.Generic;

namespace Bulkhead.UserKernel.Cells;

/// <summary>
/// Cells before and after their use. What costs the host's kernel time is done when no guest waits: channels for the next forks and confined
/// processes for the next execs are made ahead, once a guest has shown that it forks or executes, and dead cells are put away later.
/// </summary>
internal sealed class CellPool(CellFactory factory, Func<Cell?> create)
{
    private const int Ahead = 2, MostDead = 16;
    private readonly Queue<Cell> channels = new(), processes = new(), dead = new();
    private int wantedChannels, wantedProcesses, coming;

    /// <summary>A channel whose process another cell will make; null: the host gives no more.</summary>
    public Cell? ForFork()
    {
        wantedChannels = Ahead;
        return Channel();
    }

    /// <summary>A process that waits for its first order, or, without <see cref="Cell.HostPid"/>, a channel for one; null: the host gives no more.</summary>
    public Cell? ForExec()
    {
        wantedProcesses = Ahead;
        while (processes.TryDequeue(out Cell? cell))
        {
            if (!cell.IsGone)
                return cell;
        }
        return Channel();
    }

    public Cell? Channel() => channels.TryDequeue(out Cell? cell) ? cell : create();

    /// <summary>The host gives no more processes for now.</summary>
    public void MakeNoMore() => wantedProcesses = 0;

    /// <summary>A process that was made ahead is there.</summary>
    public void Arrived(Cell cell)
    {
        cell.IsSpare = false;
        coming--;
        processes.Enqueue(cell);
    }

    /// <summary>Nothing of the guest's runs in it any more, or is to.</summary>
    public void PutAway(Cell cell)
    {
        if (cell.IsGone)
            return;
        cell.Leave();
        if (cell.IsSpare)
        {
            coming--;
            MakeNoMore();
        }
        // Who has not told its number cannot be killed by it: it goes when it is sent away, and counts as a process until then.
        if (!cell.IsBorn)
        {
            cell.Release();
            return;
        }
        dead.Enqueue(cell);
        if (dead.Count > MostDead)
            dead.Dequeue().Release();
    }

    /// <summary>The end: nothing of what was put away lives on.</summary>
    public void Clear()
    {
        while (dead.TryDequeue(out Cell? gone))
            gone.Release();
    }

    /// <summary>One step of what can wait. False: there is none.</summary>
    public bool Work()
    {
        if (dead.TryDequeue(out Cell? gone))
        {
            gone.Release();
            return true;
        }
        if (channels.Count >= wantedChannels && processes.Count + coming >= wantedProcesses)
            return false;
        Cell? cell = create();
        if (cell is null)
            wantedChannels = wantedProcesses = 0;
        else if (channels.Count < wantedChannels)
            channels.Enqueue(cell);
        else
        {
            cell.IsSpare = true;
            coming++;
            if (!factory.Fork(cell))
                PutAway(cell);
        }
        return true;
    }
}
