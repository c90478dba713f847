using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Ipc;

/// <summary>struct sembuf.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct SemaphoreOp
{
    public const short NoWait = 0x800, Undo = 0x1000;

    public ushort Number;
    public short Change;
    public short Flags;
}

/// <summary>A System V semaphore set. Operations of one call happen together or not at all.</summary>
internal sealed class SemaphoreSet(int count) : IpcObject
{
    public const int Highest = 32767;
    private const int ManyWaiters = 64;
    private readonly Dictionary<GuestTask, (int Number, bool Zero)> waiters = [];
    private readonly Dictionary<Process, int[]> undo = [];

    public int[] Values { get; } = new int[count];

    /// <summary>Who changed each last.</summary>
    public int[] Pids { get; } = new int[count];

    public long OperationTime { get; set; }

    /// <summary>0, -errno, or <see cref="Fail.Blocked"/> with nothing changed.</summary>
    public long Try(GuestTask task, ReadOnlySpan<SemaphoreOp> ops)
    {
        waiters.Remove(task);
        Process process = task.Process;
        int done = 0;
        long result = 0;
        int[]? adjust = undo.GetValueOrDefault(process);
        for (; done < ops.Length && result == 0; done++)
            result = Step(ops[done], adjust);
        if (result == 0)
        {
            Keep(process, ops);
            return 0;
        }
        SemaphoreOp last = ops[--done];
        while (--done >= 0)
            Values[ops[done].Number] -= ops[done].Change;
        if (result == Fail.Blocked)
        {
            if ((last.Flags & SemaphoreOp.NoWait) != 0)
                return Fail.EAGAIN;
            if (waiters.Count >= ManyWaiters)
                ForgetGone();
            waiters[task] = (last.Number, last.Change == 0);
        }
        return result;
    }

    private long Step(in SemaphoreOp op, int[]? adjust)
    {
        ref int value = ref Values[op.Number];
        if (op.Change == 0)
            return value == 0 ? 0 : Fail.Blocked;
        if (value + op.Change < 0)
            return Fail.Blocked;
        if (value + op.Change > Highest)
            return Fail.ERANGE;
        if ((op.Flags & SemaphoreOp.Undo) != 0 && adjust is not null && adjust[op.Number] - op.Change is < -Highest - 1 or > Highest)
            return Fail.ERANGE;
        value += op.Change;
        return 0;
    }

    private void Keep(Process process, ReadOnlySpan<SemaphoreOp> ops)
    {
        bool changes = false;
        foreach (ref readonly SemaphoreOp op in ops)
        {
            Pids[op.Number] = process.Pid;
            changes |= op.Change != 0;
            if ((op.Flags & SemaphoreOp.Undo) == 0 || op.Change == 0)
                continue;
            if (!undo.TryGetValue(process, out int[]? adjust))
                undo.Add(process, adjust = new int[Values.Length]);
            adjust[op.Number] -= op.Change;
            process.HasSemaphoreUndo = true;
        }
        OperationTime = Now();
        if (changes)
            Queue.WakeAll(process.Kernel);
    }

    /// <summary>SETVAL and SETALL: what was to be undone is forgotten.</summary>
    public void SetValue(Process process, int number, int value)
    {
        Values[number] = value;
        Pids[number] = process.Pid;
        foreach (int[] adjust in undo.Values)
            adjust[number] = 0;
        ChangeTime = Now();
    }

    public void Undo(Process process)
    {
        if (!undo.Remove(process, out int[]? adjust))
            return;
        for (int i = 0; i < adjust.Length; i++)
        {
            if (adjust[i] == 0)
                continue;
            Values[i] = Math.Clamp(Values[i] + adjust[i], 0, Highest);
            Pids[i] = process.Pid;
        }
        OperationTime = Now();
        Queue.WakeAll(process.Kernel);
    }

    /// <summary>GETNCNT and GETZCNT.</summary>
    public int Waiting(int number, bool zero)
    {
        int waiting = 0;
        foreach ((GuestTask task, (int wanted, bool forZero)) in waiters)
        {
            if (Waits(task) && wanted == number && forZero == zero)
                waiting++;
        }
        return waiting;
    }

    /// <summary>One that a signal took away or that has ended is still on the list.</summary>
    private bool Waits(GuestTask task) => task.State == TaskState.Blocked && task.Queues.Contains(Queue) && task.Nr is SysNr.semop or SysNr.semtimedop;

    private void ForgetGone()
    {
        foreach (GuestTask task in new List<GuestTask>(waiters.Keys))
        {
            if (!Waits(task))
                waiters.Remove(task);
        }
    }

    /// <summary>Who waits no longer is forgotten, so that the list does not grow.</summary>
    public void Leave(GuestTask task) => waiters.Remove(task);
}
