using System;
using System.Globalization;
using System.Runtime.InteropServices;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Ipc;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>shmget(2), shmat(2), shmdt(2), shmctl(2).</summary>
internal static class SharedMemoryCalls
{
    private const int StateSize = 112, Lock = 11, Unlock = 12, StatSlot = 13, Totals = 14, StatSlotAny = 15, HugeTlb = 0x800;
    private const ulong ReadOnly = 0x1000, Round = 0x2000, Remap = 0x4000, Execute = 0x8000, PageMask = 4095;
    private const ulong Largest = 1UL << 46, Unlimited = ulong.MaxValue - (1UL << 24);

    public static long Get(GuestTask task)
    {
        ulong size = task.A1;
        int flags = (int)task.A2;
        return task.Kernel.Ipc.Segments.Get(task, (int)task.A0, flags,
            known => size > known.Size ? Fail.EINVAL : 0,
            () => size == 0 ? Fail.EINVAL : size > Largest || (flags & HugeTlb) != 0 ? Fail.ENOMEM : 0,
            () => Create(task, size, flags));
    }

    /// <summary>Sealed: whoever maps it, and so has its descriptor for a moment, cannot change its size.</summary>
    private static SharedSegment? Create(GuestTask task, ulong size, int flags)
    {
        const int Seals = Fcntl.F_SEAL_SEAL | Fcntl.F_SEAL_SHRINK | Fcntl.F_SEAL_GROW;
        Result<Fd> memory = Sys.MemfdCreate("SYSV", Memfd.MFD_ALLOW_SEALING, executable: false);
        if (!memory.Ok)
            return null;
        if (Sys.Truncate(memory.Value, (long)((size + PageMask) & ~PageMask)) != Errno.None || !Sys.FileControl(memory.Value, Fcntl.F_ADD_SEALS, Seals).Ok)
        {
            memory.Value.Dispose();
            return null;
        }
        Credentials user = task.Credentials;
        return new SharedSegment(memory.Value, size, task.Process.Pid)
        {
            Uid = user.Euid,
            Gid = user.Egid,
            CreatorUid = user.Euid,
            CreatorGid = user.Egid,
            Mode = (uint)flags & 0x1FF,
        };
    }

    public static long Attach(GuestTask task)
    {
        int id = (int)task.A0;
        ulong address = task.A1, flags = task.A2;
        if (id < 0)
            return Fail.EINVAL;
        if ((address & PageMask) != 0)
        {
            if ((flags & Round) == 0)
                return Fail.EINVAL;
            address &= ~PageMask;
        }
        if (address == 0 && (flags & Remap) != 0)
            return Fail.EINVAL;
        if (task.Kernel.Ipc.Segments.Find(id) is not { } segment)
            return Fail.EINVAL;
        int wanted = IpcObject.ReadMode | ((flags & ReadOnly) == 0 ? IpcObject.WriteMode : 0) | ((flags & Execute) != 0 ? 0x49 : 0);
        if (!segment.Allows(task, wanted))
            return Fail.EACCES;
        ulong size = (segment.Size + PageMask) & ~PageMask;
        if (address != 0 && address < GateLayout.GateEnd && address + size > GateLayout.GateBase)
            return Fail.EINVAL;
        return Map(task, segment, address, size, flags);
    }

    private static long Map(GuestTask task, SharedSegment segment, ulong address, ulong size, ulong flags)
    {
        const ulong Shared = 1, Fixed = 0x10, NoReplace = 0x100000;
        bool readOnly = (flags & ReadOnly) != 0;
        if (task.Kernel.AwaitsTurn(task))
            return Fail.Answered;
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{segment.Memory.Value}"), readOnly ? Fcntl.O_RDONLY : Fcntl.O_RDWR);
        if (!opened.Ok)
            return -(long)opened.Error;
        using Fd sent = opened.Value;
        ulong protection = 1UL | (readOnly ? 0UL : 2UL) | ((flags & Execute) != 0 ? 4UL : 0UL);
        ulong how = Shared | (address == 0 ? 0 : (flags & Remap) != 0 ? Fixed : NoReplace);
        // On the list before it is there: it must not go while the gate maps it, and must be let go should the process end meanwhile.
        var attachment = new Attachment(segment);
        segment.Attached++;
        task.Process.Attachments.Add(attachment);
        task.Kernel.RunOps(task, [new HostOp(SysNr.mmap, address, size, protection, how, 0, 0, sent.Value)], (done, result) =>
        {
            if (result is < 0 and >= -4095)
            {
                done.Process.Attachments.Remove(attachment);
                done.Kernel.Ipc.Release(segment, done.Process.Pid);
                done.Kernel.Answer(done, result == Fail.EEXIST ? Fail.EINVAL : result);
                return;
            }
            ReleaseCovered(done, (ulong)result, size);
            (segment.AttachTime, segment.LastPid) = (IpcObject.Now(), done.Process.Pid);
            attachment.Address = (ulong)result;
            done.Kernel.Answer(done, result);
        });
        return Fail.Answered;
    }

    /// <summary>SHM_REMAP: what began where the new one lies is gone.</summary>
    private static void ReleaseCovered(GuestTask task, ulong address, ulong size)
    {
        foreach (Attachment each in task.Process.Attachments.FindAll(each => each.Address >= address && each.Address < address + size))
        {
            task.Process.Attachments.Remove(each);
            task.Kernel.Ipc.Release(each.Segment, task.Process.Pid);
        }
    }

    public static long Detach(GuestTask task)
    {
        ulong address = task.A0;
        int at = address == 0 ? -1 : task.Process.Attachments.FindLastIndex(each => each.Address == address);
        if (at < 0)
            return Fail.EINVAL;
        SharedSegment segment = task.Process.Attachments[at].Segment;
        task.Process.Attachments.RemoveAt(at);
        task.Kernel.Ipc.Release(segment, task.Process.Pid);
        task.Kernel.RunOps(task, [new HostOp(SysNr.munmap, address, (segment.Size + PageMask) & ~PageMask)], (done, result) => done.Kernel.Answer(done, result < 0 ? result : 0));
        return Fail.Answered;
    }

    public static long Control(GuestTask task)
    {
        int id = (int)task.A0, command = (int)task.A1;
        if (id < 0 || command < 0)
            return Fail.EINVAL;
        IpcTable<SharedSegment> all = task.Kernel.Ipc.Segments;
        switch (command)
        {
            case IpcObject.Info:
                ReadOnlySpan<ulong> limits = [Unlimited, 1, IpcNamespace.MostSegments, IpcNamespace.MostSegments, Unlimited, 0, 0, 0, 0];
                return Guest.Put(task, task.A2, MemoryMarshal.AsBytes(limits)) is var told and < 0 ? told : all.Highest;
            case Totals:
                ulong pages = 0;
                foreach (SharedSegment each in all.All)
                    pages += (each.Size + PageMask) / 4096;
                ReadOnlySpan<ulong> sums = [(uint)all.Count, pages, pages, 0, 0, 0];
                return Guest.Put(task, task.A2, MemoryMarshal.AsBytes(sums)) is var put and < 0 ? put : all.Highest;
            case IpcObject.Stat or StatSlot or StatSlotAny:
                return Describe(task, command == IpcObject.Stat ? all.Find(id) : all.At(id), command);
            case IpcObject.Remove or IpcObject.Set or Lock or Unlock:
                return Change(task, all.Find(id), command);
            default:
                return Fail.EINVAL;
        }
    }

    private static long Describe(GuestTask task, SharedSegment? segment, int command)
    {
        if (segment is null)
            return Fail.EINVAL;
        if (command != StatSlotAny && !segment.Allows(task, IpcObject.ReadMode))
            return Fail.EACCES;
        Span<byte> state = stackalloc byte[StateSize];
        state.Clear();
        segment.Describe(state);
        Span<long> words = MemoryMarshal.Cast<byte, long>(state);
        (words[6], words[7], words[8], words[9]) = ((long)segment.Size, segment.AttachTime, segment.DetachTime, segment.ChangeTime);
        MemoryMarshal.Write(state[80..], segment.CreatorPid);
        MemoryMarshal.Write(state[84..], segment.LastPid);
        words[11] = segment.Attached;
        long error = Guest.Put(task, task.A2, state);
        return error < 0 ? error : command == IpcObject.Stat ? 0 : segment.Id;
    }

    private static long Change(GuestTask task, SharedSegment? segment, int command)
    {
        Span<byte> permission = stackalloc byte[IpcObject.PermissionSize];
        if (command == IpcObject.Set && !HostMemory.Read(task.HostPid, task.A2, permission))
            return Fail.EFAULT;
        if (segment is null)
            return Fail.EINVAL;
        if (!segment.IsOwnedBy(task))
            return Fail.EPERM;
        if (command == IpcObject.Set)
            segment.Apply(permission);
        if (command != IpcObject.Remove)
            return 0;
        segment.MarkRemoved();
        task.Kernel.Ipc.Segments.ForgetKey(segment);
        task.Kernel.Ipc.Collect(segment);
        return 0;
    }
}
