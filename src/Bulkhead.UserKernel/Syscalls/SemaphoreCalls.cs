using System;
using System.Runtime.InteropServices;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Ipc;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>semget(2), semop(2), semctl(2).</summary>
internal static class SemaphoreCalls
{
    private const int MostInSet = 32000, MostOps = 500, StateSize = 104;
    private const int GetPid = 11, GetValue = 12, GetAll = 13, GetIncreaseWaiters = 14, GetZeroWaiters = 15, SetValue = 16, SetAll = 17, StatSlot = 18, Totals = 19, StatSlotAny = 20;

    public static long Get(GuestTask task)
    {
        int count = (int)task.A1, flags = (int)task.A2;
        if (count is < 0 or > MostInSet)
            return Fail.EINVAL;
        Credentials user = task.Credentials;
        return task.Kernel.Ipc.Semaphores.Get(task, (int)task.A0, flags,
            known => count > known.Values.Length ? Fail.EINVAL : 0,
            () => count == 0 ? Fail.EINVAL : 0,
            () => new SemaphoreSet(count) { Uid = user.Euid, Gid = user.Egid, CreatorUid = user.Euid, CreatorGid = user.Egid, Mode = (uint)flags & 0x1FF });
    }

    public static long Operate(GuestTask task) => Operate(task, 0);

    public static long OperateTimed(GuestTask task) => Operate(task, task.A3);

    private static long Operate(GuestTask task, ulong timeout)
    {
        int id = (int)task.A0;
        uint count = (uint)task.A2;
        long time = -1;
        if (timeout != 0 && !task.Retry && Guest.Time(task, timeout, out time) is var wrong and < 0)
            return wrong;
        if (count == 0 || id < 0)
            return Fail.EINVAL;
        if (count > MostOps)
            return Fail.E2BIG;
        Span<SemaphoreOp> ops = stackalloc SemaphoreOp[(int)count];
        if (!HostMemory.Read(task.HostPid, task.A1, MemoryMarshal.AsBytes(ops)))
            return Fail.EFAULT;
        if (task.Kernel.Ipc.Semaphores.Find(id) is not { } set)
            return task.Retry ? Fail.EIDRM : Fail.EINVAL;
        int wanted = IpcObject.ReadMode;
        foreach (ref readonly SemaphoreOp op in ops)
        {
            if (op.Number >= set.Values.Length)
                return Fail.EFBIG;
            if (op.Change != 0)
                wanted = IpcObject.WriteMode;
        }
        if (!set.Allows(task, wanted))
            return Fail.EACCES;
        long result = set.Try(task, ops);
        if (result != Fail.Blocked)
            return result;
        if (task.TimedOut || time == 0)
        {
            set.Leave(task);
            return Fail.EAGAIN;
        }
        return Guest.Wait(task, set.Queue, time < 0 ? -1 : HostEvents.Now(1) + time);
    }

    public static long Control(GuestTask task)
    {
        int id = (int)task.A0, number = (int)task.A1, command = (int)task.A2;
        if (id < 0)
            return Fail.EINVAL;
        IpcTable<SemaphoreSet> all = task.Kernel.Ipc.Semaphores;
        switch (command)
        {
            case IpcObject.Info or Totals:
                ReadOnlySpan<int> limits = [MostInSet, IpcNamespace.MostSets, int.MaxValue, int.MaxValue, MostInSet, MostOps, MostOps, command == Totals ? all.Count : 20, SemaphoreSet.Highest, SemaphoreSet.Highest];
                return Guest.Put(task, task.A3, MemoryMarshal.AsBytes(limits)) is var told and < 0 ? told : all.Highest;
            case IpcObject.Stat or StatSlot or StatSlotAny:
                return Describe(task, command == IpcObject.Stat ? all.Find(id) : all.At(id), command);
            case IpcObject.Remove or IpcObject.Set:
                return Change(task, all.Find(id), command);
            case SetValue when (int)task.A3 is < 0 or > SemaphoreSet.Highest:
                return Fail.ERANGE;
            case GetPid or GetValue or GetIncreaseWaiters or GetZeroWaiters or SetValue or GetAll or SetAll:
                return all.Find(id) is { } set ? Values(task, set, number, command) : Fail.EINVAL;
            default:
                return Fail.EINVAL;
        }
    }

    private static long Values(GuestTask task, SemaphoreSet set, int number, int command)
    {
        bool writes = command is SetValue or SetAll;
        if (command is not (GetAll or SetAll) && (uint)number >= set.Values.Length)
            return Fail.EINVAL;
        if (!set.Allows(task, writes ? IpcObject.WriteMode : IpcObject.ReadMode))
            return Fail.EACCES;
        switch (command)
        {
            case GetPid: return set.Pids[number];
            case GetValue: return set.Values[number];
            case GetIncreaseWaiters: return set.Waiting(number, zero: false);
            case GetZeroWaiters: return set.Waiting(number, zero: true);
            case SetValue:
                set.SetValue(task.Process, number, (int)task.A3);
                set.Queue.WakeAll(task.Kernel);
                return 0;
            default:
                return Transfer(task, set, writes);
        }
    }

    private static long Transfer(GuestTask task, SemaphoreSet set, bool writes)
    {
        var values = new ushort[set.Values.Length];
        if (!writes)
        {
            for (int i = 0; i < values.Length; i++)
                values[i] = (ushort)set.Values[i];
            return Guest.Put(task, task.A3, MemoryMarshal.AsBytes(values.AsSpan()));
        }
        if (!HostMemory.Read(task.HostPid, task.A3, MemoryMarshal.AsBytes(values.AsSpan())))
            return Fail.EFAULT;
        if (Array.Exists(values, value => value > SemaphoreSet.Highest))
            return Fail.ERANGE;
        for (int i = 0; i < values.Length; i++)
            set.SetValue(task.Process, i, values[i]);
        set.Queue.WakeAll(task.Kernel);
        return 0;
    }

    private static long Describe(GuestTask task, SemaphoreSet? set, int command)
    {
        if (set is null)
            return Fail.EINVAL;
        if (command != StatSlotAny && !set.Allows(task, IpcObject.ReadMode))
            return Fail.EACCES;
        Span<byte> state = stackalloc byte[StateSize];
        state.Clear();
        set.Describe(state);
        Span<long> words = MemoryMarshal.Cast<byte, long>(state);
        (words[6], words[8], words[10]) = (set.OperationTime, set.ChangeTime, set.Values.Length);
        long error = Guest.Put(task, task.A3, state);
        return error < 0 ? error : command == IpcObject.Stat ? 0 : set.Id;
    }

    private static long Change(GuestTask task, SemaphoreSet? set, int command)
    {
        Span<byte> permission = stackalloc byte[IpcObject.PermissionSize];
        if (command == IpcObject.Set && !HostMemory.Read(task.HostPid, task.A3, permission))
            return Fail.EFAULT;
        if (set is null)
            return Fail.EINVAL;
        if (!set.IsOwnedBy(task))
            return Fail.EPERM;
        if (command == IpcObject.Set)
        {
            set.Apply(permission);
            return 0;
        }
        task.Kernel.Ipc.Semaphores.Remove(set);
        set.Queue.WakeAll(task.Kernel);
        return 0;
    }
}
