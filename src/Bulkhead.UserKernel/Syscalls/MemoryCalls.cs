using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>Memory calls that the gate does not answer by itself: mappings of files.</summary>
internal static class MemoryCalls
{
    private const ulong Shared = 1, Private = 2, SharedValidate = 3, TypeMask = 15, Fixed = 0x10, Anonymous = 0x20, Growsdown = 0x100, Locked = 0x2000, Populate = 0x8000, NonBlock = 0x10000, HugeTlb = 0x40000, NoReplace = 0x100000;
    private const ulong Legacy = TypeMask | Fixed | Anonymous | 0x100 | 0x800 | 0x1000 | 0x4000 | 0x8000 | 0x10000 | 0x20000 | HugeTlb | Locked | 0x4000000;
    private const int LockCapability = 14, MostTexts = 256;
    private const ulong Passed = TypeMask | Fixed | Anonymous | 0x4000 | 0x20000 | NoReplace | 0x800 | 0x1000 | 0x40;

    /// <summary>mmap(2) of a file: the gate gets a descriptor with no more rights than the mapping has.</summary>
    public static long Map(GuestTask task)
    {
        ulong type = task.A3 & TypeMask;
        if (task.A1 == 0 || (task.A5 & 4095) != 0 || type is not (Shared or Private or SharedValidate))
            return Fail.EINVAL;
        if ((task.A3 & HugeTlb) != 0)
            return Fail.ENOMEM;
        if ((task.A3 & (Fixed | NoReplace)) != 0 && task.A0 < GateLayout.GateEnd && task.A0 + task.A1 > GateLayout.GateBase)
            return Fail.ENOMEM;
        ulong flags = task.A3 & Passed, most = task.Process.Limits[ResourceLimits.LockedMemory].Soft;
        if ((task.A3 & Locked) != 0 && task.A1 > most && !task.Credentials.Has(LockCapability))
            return most == 0 ? Fail.EPERM : Fail.EAGAIN;
        if ((task.A3 & Anonymous) != 0)
            return type == SharedValidate ? Fail.EINVAL : Run(task, new HostOp(SysNr.mmap, task.A0, task.A1, task.A2, flags, ulong.MaxValue, 0));
        if (Guest.File(task, task.A4) is not { } file || (file.Flags & Fcntl.O_PATH) != 0)
            return Fail.EBADF;
        if (file is ZeroDevice)
            return Run(task, new HostOp(SysNr.mmap, task.A0, task.A1, task.A2, flags | Anonymous, ulong.MaxValue, 0));
        // No file of ours knows more than the old flags (mmap(2), MAP_SHARED_VALIDATE).
        if (type == SharedValidate && (task.A3 & ~Legacy) != 0)
            return Fail.EOPNOTSUPP;
        bool writes = type != Private && (task.A2 & 2) != 0;
        if (!file.CanRead || (writes && !file.CanWrite))
            return Fail.EACCES;
        if (file.HostFd < 0 || file is HostFile { IsDirectory: true })
            return Fail.ENODEV;
        if (task.Kernel.AwaitsTurn(task))
            return Fail.Answered;
        // Also where it is mapped for reading as yet: mprotect(2) asks nobody.
        if (type != Private && file.CanWrite)
            task.Kernel.FileSystem.Names.IsMapped = true;
        return MapShared(task, file, flags) ? Fail.Answered : MapFile(task, file, flags);
    }

    private static long MapFile(GuestTask task, OpenFile file, ulong flags)
    {
        // A file that was opened for reading has no more rights than the mapping.
        if (!file.CanWrite)
            return Run(task, new HostOp(SysNr.mmap, task.A0, task.A1, task.A2, flags, 0, task.A5, file.HostFd));
        bool isPrivate = (task.A3 & TypeMask) == Private;
        if (!isPrivate)
            task.Kernel.Texts.Distrust(file.HostFd);
        // What the guest may do was asked when it opened the file; its mode may have changed since.
        task.Kernel.Identity.AssumeOwn();
        Result<Fd> fd = Sys.OpenAt(Fd.Cwd, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/fd/{file.HostFd}"),
            isPrivate ? Fcntl.O_RDONLY : Fcntl.O_RDWR);
        if (!fd.Ok)
            return -(long)fd.Error;
        using Fd sent = fd.Value;
        return Run(task, new HostOp(SysNr.mmap, task.A0, task.A1, task.A2, flags, 0, task.A5, sent.Value));
    }

    /// <summary>
    /// A library's text, that its program's loader maps: with its call sites rewritten, where that is there already. Only the loader's: others who map
    /// text there may be about to read or copy it (an emulator, a tool that counts instructions), or keep an account of what lies where.
    /// </summary>
    private static bool MapShared(GuestTask task, OpenFile file, ulong flags)
    {
        const ulong Text = 5, PageMask = 4095;
        Process process = task.Process;
        if (task.A2 != Text || (flags & (TypeMask | Fixed)) != (Private | Fixed) || (task.A0 & PageMask) != 0 || file is not HostFile || file.CanWrite
            || process.SharedTexts >= MostTexts || !process.Layout.IsLoader(task.InstructionPointer))
            return false;
        if (task.Kernel.Texts.Find(task, file.HostFd, task.A5, (task.A1 + PageMask) & ~PageMask) is not { } text)
            return false;
        process.SharedTexts++;
        task.Kernel.RunOps(task, text.Ops(task.A0, flags, text.File.Value), (done, result) =>
        {
            if (result is >= 0 or < -4095)
                done.Kernel.Answer(done, result);
            else if (done.Process.Files[(int)(uint)done.A4] is not { HostFd: >= 0 } again)
                done.Kernel.Answer(done, Fail.EBADF);
            else if (MapFile(done, again, flags) is var error && error != Fail.Answered) // something lies in the trampolines' place
                done.Kernel.Answer(done, error);
        });
        return true;
    }

    private static long Run(GuestTask task, HostOp op)
    {
        task.Kernel.RunOps(task, [op], (done, result) => done.Kernel.Answer(done, result));
        return Fail.Answered;
    }

    /// <summary>msync(2): a shared mapping is the host's file itself.</summary>
    public static long Sync(GuestTask task)
    {
        const ulong Async = 1, Invalidate = 2, SyncNow = 4;
        if ((task.A0 & 4095) != 0 || (task.A2 & ~(Async | Invalidate | SyncNow)) != 0 || (task.A2 & (Async | SyncNow)) == (Async | SyncNow))
            return Fail.EINVAL;
        return task.A0 + task.A1 >= task.A0 && IsMapped(task, task.A0, task.A0 + task.A1) ? 0 : Fail.ENOMEM;
    }

    /// <summary>Pages one by one; of many the host's list of the cell's areas tells as much.</summary>
    private static bool IsMapped(GuestTask task, ulong begin, ulong end)
    {
        const ulong Few = 256 * 4096;
        if (end - begin > Few)
            return Vfs.Proc.MapTexts.Cover(task, begin, end);
        for (ulong page = begin; page < end; page += 4096)
        {
            if (!HostMemory.Read(task.HostPid, page, out byte _))
                return false;
        }
        return true;
    }

    /// <summary>madvise(2) that no cell may do: DONTFORK, DOFORK, MERGEABLE and UNMERGEABLE have no effect, HWPOISON and SOFT_OFFLINE are the machine's.</summary>
    public static long Advise(GuestTask task) => task.A2 is 100 or 101 ? Fail.EPERM
        : (task.A0 & 4095) != 0 || task.A2 is not (>= 10 and <= 13) ? Fail.EINVAL : 0;

    /// <summary>mlock(2) and its relatives: pages are not pinned, which no program can see.</summary>
    public static long Lock(GuestTask task)
    {
        const ulong OnFault = 1, AllFlags = 7;
        if (task.Nr == SysNr.munlockall)
            return 0;
        bool all = task.Nr == SysNr.mlockall;
        if (all && (task.A0 == 0 || (task.A0 & ~AllFlags) != 0 || task.A0 == 4))
            return Fail.EINVAL;
        if (task.Nr == SysNr.mlock2 && (task.A2 & ~OnFault) != 0)
            return Fail.EINVAL;
        ulong most = task.Credentials.Has(LockCapability) ? ulong.MaxValue : task.Process.Limits[ResourceLimits.LockedMemory].Soft;
        if (all)
            return most == 0 ? Fail.EPERM : 0;
        ulong begin = task.A0 & ~4095UL, end = task.A0 + task.A1;
        if (end < task.A0)
            return Fail.EINVAL;
        if (task.Nr != SysNr.munlock && end - begin > most)
            return most == 0 ? Fail.EPERM : Fail.ENOMEM;
        return IsMapped(task, begin, end) ? 0 : Fail.ENOMEM;
    }

    /// <summary>pkeys(7) of a machine without them: key -1 is mprotect(2), and there is no other.</summary>
    public static long ProtectByKey(GuestTask task)
    {
        if ((int)task.A3 != -1)
            return Fail.EINVAL;
        if (task.A0 < GateLayout.GateEnd && task.A0 + task.A1 > GateLayout.GateBase)
            return Fail.ENOMEM;
        return Run(task, new HostOp(SysNr.mprotect, task.A0, task.A1, task.A2));
    }

    public static long AllocateKey(GuestTask task) => task.A0 != 0 || (task.A1 & ~3UL) != 0 ? Fail.EINVAL : Fail.ENOSPC;

    public static long FreeKey(GuestTask task) => Fail.EINVAL;

    /// <summary>remap_file_pages(2): deprecated, and here no mapping is one that it could change.</summary>
    public static long RemapPages(GuestTask task) => Fail.EINVAL;

    /// <summary>mincore(2): what can be read counts as resident.</summary>
    public static long InCore(GuestTask task)
    {
        if ((task.A0 & 4095) != 0)
            return Fail.EINVAL;
        ulong pages = (task.A1 + 4095) / 4096;
        if (pages > 1 << 20)
            return Fail.ENOMEM;
        if (!IsMapped(task, task.A0, task.A0 + (pages * 4096)))
            return Fail.ENOMEM;
        byte[] vector = new byte[pages];
        vector.AsSpan().Fill(1);
        return Guest.Put(task, task.A2, vector);
    }

    public static long MemoryFile(GuestTask task)
    {
        const uint CloseOnExec = 1, AllowSealing = 2, NoExecSeal = 8, Executable = 0x10;
        uint flags = (uint)task.A1;
        if ((flags & ~(CloseOnExec | AllowSealing | NoExecSeal | Executable)) != 0)
            return Fail.EINVAL;
        long error = Guest.Path(task, task.A0, out string name);
        if (error < 0)
            return error == Fail.ENAMETOOLONG ? Fail.EINVAL : error;
        if (name.Length > 249)
            return Fail.EINVAL;
        Result<Fd> fd = Sys.MemfdCreate("guest", flags & ~CloseOnExec, executable: false);
        if (!fd.Ok)
            return -(long)fd.Error;
        var file = new HostFile(task.Kernel, fd.Value, "/memfd:" + name + " (deleted)", isDirectory: false) { Flags = Fcntl.O_RDWR };
        return task.Process.Files.Add(file, (flags & CloseOnExec) != 0, task.Process.Limits[ResourceLimits.Files].Soft);
    }
}
