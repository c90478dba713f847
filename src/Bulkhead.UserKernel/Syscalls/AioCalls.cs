using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Files.Asynchronous;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>
/// io_setup(2) and its family (fs/aio.c). As in Linux itself, what goes to files is done when it is submitted; only a poll is left waiting.
/// </summary>
internal static class AioCalls
{
    private const ulong Page = 4096;
    private const uint MostAll = 65536, MostOne = 0x10000000 / 32;

    public static long Setup(GuestTask task)
    {
        uint wanted = (uint)task.A0;
        ulong place = task.A1;
        if (!Guest.Read(task, place, out ulong before))
            return Fail.EFAULT;
        if (before != 0 || wanted is 0 or > MostOne)
            return Fail.EINVAL;
        long total = wanted;
        foreach (Process process in task.Kernel.Processes)
        {
            foreach (AioContext each in process.AioContexts)
                total += each.Wanted;
        }
        if (total > MostAll)
            return Fail.EAGAIN;
        const ulong Readable = 1, PrivateAnonymous = 0x22;
        task.Kernel.RunOps(task, [new HostOp(SysNr.mmap, 0, Page, Readable, PrivateAnonymous, ulong.MaxValue)], (done, result) =>
        {
            if (result is < 0 and >= -4095)
            {
                done.Kernel.Answer(done, Fail.ENOMEM);
                return;
            }
            bool isTold = Guest.Write(done, place, (ulong)result);
            if (isTold && !done.Process.AioContexts.Exists(each => each.Address == (ulong)result))
                done.Process.AioContexts.Add(new AioContext(done.Kernel, (ulong)result, wanted));
            done.Kernel.Answer(done, isTold ? 0 : Fail.EFAULT);
        });
        return Fail.Answered;
    }

    private static AioContext? Find(GuestTask task) => task.Process.AioContexts.Find(each => each.Address == task.A0);

    public static long Destroy(GuestTask task)
    {
        if (Find(task) is not { } context)
            return Fail.EINVAL;
        task.Process.AioContexts.Remove(context);
        context.Close();
        task.Kernel.RunOps(task, [new HostOp(SysNr.munmap, context.Address, Page)], (done, _) => done.Kernel.Answer(done, 0));
        return Fail.Answered;
    }

    public static void Forget(Process process)
    {
        List<AioContext> contexts = process.AioContexts;
        foreach (AioContext context in contexts)
            context.Close();
        contexts.Clear();
    }

    /// <summary>How many were taken; the error of the first, where that was none.</summary>
    public static long Submit(GuestTask task)
    {
        if (Find(task) is not { } context)
            return Fail.EINVAL;
        long count = (long)task.A1;
        if (count < 0)
            return Fail.EINVAL;
        count = System.Math.Min(count, context.Capacity);
        for (long i = 0; i < count; i++)
        {
            task.Progress = 0;
            long error = Guest.Read(task, task.A2 + ((ulong)i * 8), out ulong address) ? Submit(task, context, address) : Fail.EFAULT;
            task.Progress = 0;
            if (error == Fail.Blocked && i > 0)
                IoCalls.Cancel(task);
            if (error < 0)
                return i > 0 ? i : error;
        }
        return count;
    }

    private static long Submit(GuestTask task, AioContext context, ulong address)
    {
        const ulong KeyOffset = 8;
        if (!Guest.Read(task, address, out AioBlock block))
            return Fail.EFAULT;
        if (block.Reserved != 0 || (long)block.Length < 0)
            return Fail.EINVAL;
        if (context.IsFull)
            return Fail.EAGAIN;
        if (Guest.File(task, (uint)block.Descriptor) is not { } file || (file.Flags & Fcntl.O_PATH) != 0)
            return Fail.EBADF;
        EventFile? teller = null;
        if ((block.BlockFlags & AioBlock.TellsEvent) != 0)
        {
            if (Guest.File(task, (uint)block.EventDescriptor) is not { } told)
                return Fail.EBADF;
            if (told is not EventFile found)
                return Fail.EINVAL;
            teller = found;
        }
        if (!Guest.Write(task, address + KeyOffset, 0u))
            return Fail.EFAULT;
        if (block.Operation == AioBlock.Poll)
            return Poll(context, file, teller, block, address);
        long result = Run(task, file, block, out bool isRefused);
        if (isRefused || result == Fail.Blocked)
            return result;
        teller?.Share();
        context.Complete(new AioEvent { Data = block.Data, Block = address, Result = result }, teller);
        return 0;
    }

    /// <summary>What the operation came to; refused: that is the call's own error.</summary>
    private static long Run(GuestTask task, OpenFile file, in AioBlock block, out bool isRefused)
    {
        bool reads = block.Operation is AioBlock.Read or AioBlock.ReadVector, writes = block.Operation is AioBlock.Write or AioBlock.WriteVector;
        isRefused = true;
        if (block.Operation is AioBlock.Sync or AioBlock.SyncData)
        {
            if (block.Buffer != 0 || block.Offset != 0 || block.Length != 0 || block.Flags != 0 || file.HostFd < 0)
                return Fail.EINVAL;
            isRefused = false;
            return HostFiles.Plain(block.Operation == AioBlock.Sync ? SysNr.fsync : SysNr.fdatasync, file.HostFd);
        }
        if (!reads && !writes)
            return Fail.EINVAL;
        if (reads ? !file.CanRead : !file.CanWrite)
            return Fail.EBADF;
        if ((block.Flags & ~IoCalls.KnownFlags) != 0)
            return Fail.EOPNOTSUPP;
        long offset = file.IsStream ? -1 : block.Offset;
        if (!file.IsStream && offset < 0)
            return Fail.EINVAL;
        isRefused = false;
        return block.Operation is AioBlock.Read or AioBlock.Write
            ? IoCalls.Plain(task, (uint)block.Descriptor, block.Buffer, block.Length, offset, writes, block.Flags)
            : IoCalls.Vector(task, (uint)block.Descriptor, block.Buffer, block.Length, offset, writes, block.Flags);
    }

    private static long Poll(AioContext context, OpenFile file, EventFile? teller, in AioBlock block, ulong address)
    {
        if (block.Buffer > ushort.MaxValue || block.Offset != 0 || block.Length != 0 || block.Flags != 0)
            return Fail.EINVAL;
        uint events = (uint)block.Buffer | OpenFile.Error | OpenFile.HangUp, now = file.Poll() & events;
        teller?.Share();
        if (now != 0)
            context.Complete(new AioEvent { Data = block.Data, Block = address, Result = now }, teller);
        else
            context.Add(new AioPoll(context, file.Share(), teller, block.Data, address, events));
        return 0;
    }

    /// <summary>io_cancel(2): the event comes all the same, which EINPROGRESS says.</summary>
    public static long Cancel(GuestTask task)
    {
        const ulong KeyOffset = 8;
        if (!Guest.Read(task, task.A1 + KeyOffset, out uint key))
            return Fail.EFAULT;
        if (key != 0 || Find(task) is not { } context || context.Find(task.A1) is not { } poll)
            return Fail.EINVAL;
        poll.Finish(0);
        return Fail.EINPROGRESS;
    }

    public static long GetEvents(GuestTask task)
    {
        long time = -1;
        if (task.A4 != 0 && !task.Retry)
        {
            if (!Guest.Read(task, task.A4, out TimeSpec value))
                return Fail.EFAULT;
            time = value.Seconds > 9_000_000_000 ? long.MaxValue / 2 : System.Math.Max(0, (value.Seconds * 1_000_000_000) + value.Nanoseconds);
        }
        return GetEvents(task, time);
    }

    public static long GetEventsWithMask(GuestTask task)
    {
        ulong mask = 0, size = 0;
        if (task.A5 != 0 && (!Guest.Read(task, task.A5, out mask) || !Guest.Read(task, task.A5 + 8, out size)))
            return Fail.EFAULT;
        long error = PollCalls.UseMask(task, mask, size);
        return error < 0 ? error : PollCalls.Keep(task, GetEvents(task));
    }

    private static long GetEvents(GuestTask task, long time)
    {
        long least = (long)task.A1, most = (long)task.A2;
        if (Find(task) is not { } context || least < 0 || least > most)
            return Fail.EINVAL;
        while (task.Progress < most && context.First is { } what)
        {
            if (!Guest.Write(task, task.A3 + ((ulong)task.Progress * 32), what))
                return task.Progress > 0 ? task.Progress : Fail.EFAULT;
            context.Take();
            task.Progress++;
        }
        if (task.Progress >= least || task.TimedOut || time == 0)
            return task.Progress;
        return Guest.Wait(task, context.Queue, time < 0 ? -1 : HostEvents.Now(1) + time);
    }
}
