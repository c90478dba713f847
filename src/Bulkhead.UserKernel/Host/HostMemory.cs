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
