using System;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Syscalls;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>A struct sockaddr of some family, copied out of the guest; the default has no bytes.</summary>
internal readonly struct SocketAddress(byte[] bytes)
{
    /// <summary>sizeof(struct sockaddr_storage).</summary>
    public const int Most = 128;

    private readonly byte[]? bytes = bytes;

    public ReadOnlySpan<byte> Bytes => bytes;

    public int Length => bytes?.Length ?? 0;

    /// <summary>-1 where it is too short to have one.</summary>
    public int Family => Length < 2 ? -1 : MemoryMarshal.Read<ushort>(bytes);

    public static SocketAddress OfFamily(int family)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)family);
        return new SocketAddress(bytes);
    }

    public static long Read(GuestTask task, ulong address, int length, out SocketAddress value)
    {
        value = default;
        if (length is < 0 or > Most)
            return Fail.EINVAL;
        byte[] copy = new byte[length];
        if (length > 0 && !HostMemory.Read(task.HostPid, address, copy))
            return Fail.EFAULT;
        value = new SocketAddress(copy);
        return 0;
    }

    /// <summary>As much as there is room for; the length that is told is the whole one's (getsockname(2)).</summary>
    public long Write(GuestTask task, ulong address, ulong lengthAddress)
    {
        if (!Guest.Read(task, lengthAddress, out int room))
            return Fail.EFAULT;
        if (room < 0)
            return Fail.EINVAL;
        int count = Math.Min(room, Length);
        if (count > 0 && !HostMemory.Write(task.HostPid, address, Bytes[..count]))
            return Fail.EFAULT;
        return Guest.Put(task, lengthAddress, Length);
    }
}
