using System;
using System.Runtime.InteropServices;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Ipc;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>msgget(2), msgsnd(2), msgrcv(2), msgctl(2).</summary>
internal static class MessageCalls
{
    private const int StateSize = 120, StatSlot = 11, Totals = 12, StatSlotAny = 13, NoError = 0x1000, Except = 0x2000, Copy = 0x4000, CapSysResource = 24;
    private const ulong DefaultBytes = 16384;

    public static long Get(GuestTask task)
    {
        int flags = (int)task.A1;
        Credentials user = task.Credentials;
        return task.Kernel.Ipc.Queues.Get(task, (int)task.A0, flags, _ => 0, () => 0,
            () => new MessageQueue { Uid = user.Euid, Gid = user.Egid, CreatorUid = user.Euid, CreatorGid = user.Egid, Mode = (uint)flags & 0x1FF });
    }

    public static long Send(GuestTask task)
    {
        if (!Guest.Read(task, task.A1, out long type))
            return Fail.EFAULT;
        ulong size = task.A2;
        int id = (int)task.A0;
        if (size > MessageQueue.LargestMessage || id < 0 || type < 1)
            return Fail.EINVAL;
        byte[] bytes = new byte[size];
        if (!HostMemory.Read(task.HostPid, task.A1 + sizeof(long), bytes))
            return Fail.EFAULT;
        if (task.Kernel.Ipc.Queues.Find(id) is not { } queue)
            return task.Retry ? Fail.EIDRM : Fail.EINVAL;
        if (!queue.Allows(task, IpcObject.WriteMode))
            return Fail.EACCES;
        if (!queue.HasRoom((int)size))
            return ((int)task.A3 & IpcObject.NoWait) != 0 ? Fail.EAGAIN : Guest.Wait(task, queue.Queue);
        queue.Put(new MessageQueue.Message(type, bytes));
        (queue.LastSender, queue.SendTime) = (task.Process.Pid, IpcObject.Now());
        queue.Queue.WakeAll(task.Kernel);
        return 0;
    }

    public static long Receive(GuestTask task)
    {
        int id = (int)task.A0, flags = (int)task.A4;
        if (id < 0 || (long)task.A2 < 0)
            return Fail.EINVAL;
        if ((flags & Copy) != 0 && ((flags & Except) != 0 || (flags & IpcObject.NoWait) == 0))
            return Fail.EINVAL;
        if (task.Kernel.Ipc.Queues.Find(id) is not { } queue)
            return task.Retry ? Fail.EIDRM : Fail.EINVAL;
        if (!queue.Allows(task, IpcObject.ReadMode))
            return Fail.EACCES;
        MessageQueue.Message? message = (flags & Copy) != 0 ? queue.At((long)task.A3) : queue.Find((long)task.A3, (flags & Except) != 0);
        if (message is null)
            return (flags & IpcObject.NoWait) != 0 ? Fail.ENOMSG : Guest.Wait(task, queue.Queue);
        if (task.A2 < (ulong)message.Bytes.Length && (flags & NoError) == 0)
            return Fail.E2BIG;
        if ((flags & Copy) == 0)
        {
            queue.Take(message);
            (queue.LastReceiver, queue.ReceiveTime) = (task.Process.Pid, IpcObject.Now());
            queue.Queue.WakeAll(task.Kernel);
        }
        int count = (int)Math.Min(task.A2, (ulong)message.Bytes.Length);
        bool put = Guest.Write(task, task.A1, message.Type) && HostMemory.Write(task.HostPid, task.A1 + sizeof(long), message.Bytes.AsSpan(0, count));
        return put ? count : Fail.EFAULT;
    }

    public static long Control(GuestTask task)
    {
        int id = (int)task.A0, command = (int)task.A1;
        if (id < 0 || command < 0)
            return Fail.EINVAL;
        IpcTable<MessageQueue> all = task.Kernel.Ipc.Queues;
        switch (command)
        {
            case IpcObject.Info or Totals:
                ReadOnlySpan<int> limits = [command == Totals ? all.Count : 0, 0, MessageQueue.LargestMessage, (int)DefaultBytes, IpcNamespace.MostQueues, 16, 0, 0xffff];
                return Guest.Put(task, task.A2, MemoryMarshal.AsBytes(limits)) is var told and < 0 ? told : all.Highest;
            case IpcObject.Stat or StatSlot or StatSlotAny:
                return Describe(task, command == IpcObject.Stat ? all.Find(id) : all.At(id), command);
            case IpcObject.Remove or IpcObject.Set:
                return Change(task, all.Find(id), command);
            default:
                return Fail.EINVAL;
        }
    }

    private static long Describe(GuestTask task, MessageQueue? queue, int command)
    {
        if (queue is null)
            return Fail.EINVAL;
        if (command != StatSlotAny && !queue.Allows(task, IpcObject.ReadMode))
            return Fail.EACCES;
        Span<byte> state = stackalloc byte[StateSize];
        state.Clear();
        queue.Describe(state);
        Span<long> words = MemoryMarshal.Cast<byte, long>(state);
        (words[6], words[7], words[8]) = (queue.SendTime, queue.ReceiveTime, queue.ChangeTime);
        (words[9], words[10], words[11]) = ((long)queue.Bytes, queue.Count, (long)queue.MostBytes);
        MemoryMarshal.Write(state[96..], queue.LastSender);
        MemoryMarshal.Write(state[100..], queue.LastReceiver);
        long error = Guest.Put(task, task.A2, state);
        return error < 0 ? error : command == IpcObject.Stat ? 0 : queue.Id;
    }

    private static long Change(GuestTask task, MessageQueue? queue, int command)
    {
        Span<byte> state = stackalloc byte[StateSize];
        if (command == IpcObject.Set && !HostMemory.Read(task.HostPid, task.A2, state))
            return Fail.EFAULT;
        if (queue is null)
            return Fail.EINVAL;
        if (!queue.IsOwnedBy(task))
            return Fail.EPERM;
        if (command == IpcObject.Set)
        {
            ulong bytes = MemoryMarshal.Read<ulong>(state[88..]);
            if (bytes > DefaultBytes && !task.Credentials.Has(CapSysResource))
                return Fail.EPERM;
            queue.MostBytes = Math.Min(bytes, int.MaxValue);
            queue.Apply(state[..IpcObject.PermissionSize]);
        }
        else
        {
            task.Kernel.Ipc.Queues.Remove(queue);
        }
        queue.Queue.WakeAll(task.Kernel);
        return 0;
    }
}
