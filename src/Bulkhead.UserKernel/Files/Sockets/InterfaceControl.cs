using System;
using System.Runtime.InteropServices;
using System.Text;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>netdevice(7): the one interface there is, the loopback device.</summary>
internal static class InterfaceControl
{
    private const uint GetName = 0x8910, GetList = 0x8912, GetFlags = 0x8913, GetAddress = 0x8915, GetBroadcast = 0x8919, GetMask = 0x891B, GetMetric = 0x891D;
    private const uint GetMtu = 0x8921, GetHardware = 0x8927, GetIndex = 0x8933, GetQueueLength = 0x8942;
    private const uint SetFlags = 0x8914, SetAddress = 0x8916, SetMask = 0x891C, SetMtu = 0x8922;
    private const int RequestSize = 40, NameSize = 16, Mtu = 65536, Flags = 0x49 /* IFF_UP, IFF_LOOPBACK, IFF_RUNNING */, Hardware = 772 /* ARPHRD_LOOPBACK */;

    public static long Ask(GuestTask task, uint command, ulong argument)
    {
        if (command == GetList)
            return List(task, argument);
        if (command is SetFlags or SetAddress or SetMask or SetMtu)
            return Fail.EPERM;
        if (command is not (GetName or GetFlags or GetAddress or GetBroadcast or GetMask or GetMetric or GetMtu or GetHardware or GetIndex or GetQueueLength))
            return Fail.ENOTTY;
        Span<byte> request = stackalloc byte[RequestSize];
        if (!HostMemory.Read(task.HostPid, argument, request))
            return Fail.EFAULT;
        Span<byte> name = request[..NameSize], value = request[NameSize..];
        if (command == GetName ? MemoryMarshal.Read<int>(value) != 1 : !IsLoopback(name))
            return Fail.ENODEV;
        switch (command)
        {
            case GetName:
                WriteName(name);
                break;
            case GetFlags:
                MemoryMarshal.Write(value, (short)Flags);
                break;
            case GetAddress or GetMask or GetBroadcast:
                WriteAddress(value, command == GetAddress ? 0x0100007Fu : command == GetMask ? 0xFFu : 0);
                break;
            case GetHardware:
                value.Clear();
                MemoryMarshal.Write(value, (ushort)Hardware);
                break;
            default:
                MemoryMarshal.Write(value, command switch { GetMtu => Mtu, GetIndex => 1, GetQueueLength => 1000, _ => 0 });
                break;
        }
        return HostMemory.Write(task.HostPid, argument, request) ? 0 : Fail.EFAULT;
    }

    /// <summary>struct ifconf: a length and a pointer to requests.</summary>
    private static long List(GuestTask task, ulong argument)
    {
        if (!HostMemory.Read(task.HostPid, argument, out int length) || !HostMemory.Read(task.HostPid, argument + 8, out ulong address))
            return Fail.EFAULT;
        if (address == 0 || length >= RequestSize)
        {
            Span<byte> request = stackalloc byte[RequestSize];
            request.Clear();
            WriteName(request);
            WriteAddress(request[NameSize..], 0x0100007F);
            if (address != 0 && !HostMemory.Write(task.HostPid, address, request))
                return Fail.EFAULT;
            length = RequestSize;
        }
        else
        {
            length = 0;
        }
        return HostMemory.Write(task.HostPid, argument, length) ? 0 : Fail.EFAULT;
    }

    private static bool IsLoopback(ReadOnlySpan<byte> name)
    {
        int end = name.IndexOf((byte)0);
        return name[..(end < 0 ? name.Length : end)].SequenceEqual("lo"u8);
    }

    private static void WriteName(Span<byte> name)
    {
        name[..NameSize].Clear();
        Encoding.ASCII.GetBytes("lo", name);
    }

    private static void WriteAddress(Span<byte> to, uint address)
    {
        to[..16].Clear();
        MemoryMarshal.Write(to, (ushort)SocketAbi.FamilyInet);
        MemoryMarshal.Write(to[4..], address);
    }
}
