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
            SendFiles(task, sent);
        }
        slot->OpCount = (uint)count;
        SendAction(task, ReplyAction.Ops, (done, _) =>
        {
            long result = Results(done.Slot, count);
            if (result is >= 0 or < -4095 && from + count < ops.Count)
                RunOps(done, ops, from + count, then);
            else
                then(done, result);
        });
    }

    /// <summary>What goes with the reply that is about to be sent: the slot's number says to the cell's threads whose it is.</summary>
    private static void SendFiles(GuestTask task, int first, int second = -1)
    {
        ushort index = (ushort)task.SlotIndex;
        task.Slot->Many = task.Process.Tasks.Count > 1 ? 1u : 0;
        HostEvents.Send(task.Cell.Socket, new ReadOnlySpan<byte>(&index, sizeof(ushort)), first, second);
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
