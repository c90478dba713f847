using System;
using System.Collections.Generic;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel;

/// <summary>A host call for a gate, with the descriptor that goes with it (mmap), which stays the caller's.</summary>
internal readonly record struct HostOp(int Nr, ulong A, ulong B, ulong C = 0, ulong D = 0, ulong E = 0, ulong F = 0, int Fd = -1);

internal sealed unsafe partial class Kernel
{
    /// <summary>Has the gate run all ops in order, then calls back with the last result, or with the first failure.</summary>
    public void RunOps(GuestTask task, IReadOnlyList<HostOp> ops, Action<GuestTask, long> then) => RunOps(task, ops, 0, then);

    /// <summary>
    /// All threads of a cell read one socket: as long as one of them has not taken the descriptors that it was sent, no other is sent any, and no child is
    /// made that would have them too. True: the call is run when the turn comes, and no signal sees that wait.
    /// </summary>
    public bool AwaitsTurn(GuestTask task)
    {
        if (task.Cell.Receiver is null)
            return false;
        SetState(task, TaskState.Suspended);
        task.Cell.Turns.Enqueue(task);
        return true;
    }

    private void EndTurn(GuestTask task)
    {
        Cell cell = task.Cell;
        if (cell.Receiver != task)
            return;
        cell.Receiver = null;
        while (cell.Receiver is null && !cell.IsGone && cell.Turns.TryDequeue(out GuestTask? next))
        {
            if (next.State == TaskState.Suspended)
                Execute(next);
        }
    }

    private void RunOps(GuestTask task, IReadOnlyList<HostOp> ops, int from, Action<GuestTask, long> then)
    {
        int count = Math.Min(ops.Count - from, GateLayout.OpsPerReply);
        Slot* slot = task.Slot;
        int sent = -1;
        for (int i = 0; i < count; i++)
        {
            HostOp op = ops[from + i];
            var place = (GateOp*)(slot->Ops + (i * sizeof(GateOp)));
            place->Nr = (ulong)op.Nr;
            place->Args[0] = op.A;
            place->Args[1] = op.B;
            place->Args[2] = op.C;
            place->Args[3] = op.D;
            place->Args[4] = op.Fd < 0 ? op.E : op.Fd == sent ? GateLayout.SameFd : GateLayout.ReceivedFd;
            place->Args[5] = op.F;
            place->Result = Fail.ENOSYS;
            if (op.Fd < 0 || op.Fd == sent)
                continue;
            sent = op.Fd;
            if (!SendFiles(task, sent))
            {
                then(task, Fail.EAGAIN);
                return;
            }
        }
        slot->OpCount = (uint)count;
        task.Sent = 0; // the ops lie there now
        SendAction(task, ReplyAction.Ops, (done, _) =>
        {
            long result = Results(done.Slot, count);
            if (result is >= 0 or < -4095 && from + count < ops.Count)
                RunOps(done, ops, from + count, then);
            else
                then(done, result);
        });
    }

    /// <summary>What goes with the reply that is about to be sent. False: the cell's socket takes no more.</summary>
    private static bool SendFiles(GuestTask task, int first, int second = -1)
    {
        if (HostEvents.Send(task.Cell.Socket, [0], first, second) < 0)
            return false;
        if (task.Cell.HasThreads)
            task.Cell.Receiver = task;
        return true;
    }

    /// <summary>The guest's word for what the host said: believed only about its own memory.</summary>
    private static long Results(Slot* slot, int count)
    {
        long result = 0;
        for (int i = 0; i < count; i++)
        {
            result = ((GateOp*)(slot->Ops + (i * sizeof(GateOp))))->Result;
            if (result is < 0 and >= -4095)
                return result;
        }
        return result;
    }
}
