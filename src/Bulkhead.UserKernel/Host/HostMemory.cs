using System;
using System.Runtime.CompilerServices;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Host;

/// <summary>Memory of guests' processes by process_vm_readv(2) and process_vm_writev(2), and shared memory of ours.</summary>
internal static unsafe class HostMemory
{
    private const int ProtReadWrite = 3, MapShared = 1;

    /// <summary>All of <paramref name="to"/> or false: the range is not readable there.</summary>
    public static bool Read(int pid, ulong address, Span<byte> to)
    {
        fixed (byte* p = to)
            return Transfer(SysNr.process_vm_readv, pid, address, p, to.Length) == to.Length;
    }

    public static bool Write(int pid, ulong address, ReadOnlySpan<byte> from)
    {
        fixed (byte* p = from)
            return Transfer(SysNr.process_vm_writev, pid, address, p, from.Length) == from.Length;
    }

    /// <summary>The count of bytes that could be moved; -errno when none.</summary>
    public static long ReadSome(int pid, ulong address, byte* to, long count) => Transfer(SysNr.process_vm_readv, pid, address, to, count);

    public static long WriteSome(int pid, ulong address, byte* from, long count) => Transfer(SysNr.process_vm_writev, pid, address, from, count);

    /// <summary>As ptrace(2) reads and writes: whatever the protection is. The host does so by /proc/PID/mem (proc_pid_mem(5)).</summary>
    public static long ReadForced(Kernel kernel, int pid, ulong address, byte* to, long count)
    {
        long got = ReadSome(pid, address, to, count);
        return got == count ? got : Forced(kernel, pid, address, to, count, write: false);
    }

    public static long WriteForced(Kernel kernel, int pid, ulong address, byte* from, long count)
    {
        long put = WriteSome(pid, address, from, count);
        return put == count ? put : Forced(kernel, pid, address, from, count, write: true);
    }

    private static long Forced(Kernel kernel, int pid, ulong address, byte* ours, long count, bool write)
    {
        if ((long)address < 0)
            return Fail.EFAULT; // no address of a guest; as an offset it would be none
        kernel.Identity.AssumeOwn();
        Result<Fd> file = Sys.OpenAt(Fd.Cwd, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/{pid}/mem"), Fcntl.O_RDWR);
        if (!file.Ok)
            return -(long)file.Error;
        using Fd memory = file.Value;
        return write ? HostFiles.Write(memory.Value, ours, count, (long)address) : HostFiles.Read(memory.Value, ours, count, (long)address);
    }

    /// <summary>mmap(2) of a memory file, shared: its address, or -errno.</summary>
    public static nint MapFile(Fd file, nint size) => Sys.Direct(SysNr.mmap, 0, size, ProtReadWrite, MapShared, file.Value, 0);

    public static void Unmap(nint address, nint size) => Sys.Direct(SysNr.munmap, address, size);

    private static long Transfer(int call, int pid, ulong address, byte* ours, long count)
    {
        if (count == 0)
            return 0;
        var local = new iovec { iov_base = ours, iov_len = (nuint)count };
        var remote = new iovec { iov_base = (void*)address, iov_len = (nuint)count };
        return Sys.Direct(call, pid, (nint)(&local), 1, (nint)(&remote), 1, 0);
    }

    /// <summary>A value of the guest's; false: EFAULT.</summary>
    public static bool Read<T>(int pid, ulong address, out T value) where T : unmanaged
    {
        fixed (T* p = &value)
            return Transfer(SysNr.process_vm_readv, pid, address, (byte*)p, Unsafe.SizeOf<T>()) == Unsafe.SizeOf<T>();
    }

    public static bool Write<T>(int pid, ulong address, in T value) where T : unmanaged
    {
        fixed (T* p = &value)
            return Transfer(SysNr.process_vm_writev, pid, address, (byte*)p, Unsafe.SizeOf<T>()) == Unsafe.SizeOf<T>();
    }
}
