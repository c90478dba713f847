using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>What a message carries beside its bytes (cmsg(3), unix(7)).</summary>
internal sealed class ControlData
{
    private const int HeaderSize = 16, Most = 64 << 10;

    /// <summary>Each is a reference of its own.</summary>
    public List<OpenFile>? Files { get; set; }

    public PeerId? Sender { get; set; }

    /// <summary>Where a datagram was sent to, for IP_PKTINFO and IPV6_PKTINFO; null: nobody asks.</summary>
    public UInt128? To { get; set; }

    /// <summary>sendmsg(2): control messages of a guest. Whoever gets the data gets its references.</summary>
    public static long Parse(GuestTask task, ulong address, ulong length, bool isUnix, out ControlData? data)
    {
        data = null;
        if (length == 0)
            return 0;
        if (length > Most)
            return Fail.ENOBUFS;
        byte[] copy = new byte[(int)length];
        if (!HostMemory.Read(task.HostPid, address, copy))
            return Fail.EFAULT;
        var parsed = new ControlData();
        long error = parsed.Parse(task, copy, isUnix);
        if (error < 0)
            parsed.Release(task.Kernel);
        else
            data = parsed;
        return error;
    }

    private long Parse(GuestTask task, ReadOnlySpan<byte> left, bool isUnix)
    {
        while (left.Length >= HeaderSize)
        {
            ulong length = MemoryMarshal.Read<ulong>(left);
            if (length < HeaderSize || length > (ulong)left.Length)
                return Fail.EINVAL;
            int level = MemoryMarshal.Read<int>(left[8..]), type = MemoryMarshal.Read<int>(left[12..]);
            ReadOnlySpan<byte> content = left[HeaderSize..(int)length];
            long error = level != SocketAbi.LevelSocket ? 0 : !isUnix ? Fail.EINVAL : type switch
            {
                SocketAbi.ScmRights => TakeFiles(task, content),
                SocketAbi.ScmCredentials => TakeIdentity(task, content),
                _ => Fail.EINVAL,
            };
            if (error < 0)
                return error;
            left = left[Math.Min(left.Length, ((int)length + 7) & ~7)..];
        }
        return 0;
    }

    private long TakeFiles(GuestTask task, ReadOnlySpan<byte> content)
    {
        Files ??= [];
        if ((content.Length / 4) + Files.Count > SocketAbi.MostPassed)
            return Fail.EINVAL;
        foreach (int fd in MemoryMarshal.Cast<byte, int>(content[..(content.Length & ~3)]))
        {
            if (task.Process.Files[fd] is not { } file || (file.Flags & Fcntl.O_PATH) != 0 && file is not PathFile)
                return Fail.EBADF;
            Files.Add(file.Share());
        }
        return 0;
    }

    /// <summary>The ids must be the sender's own, or it needs a capability (unix(7)).</summary>
    private long TakeIdentity(GuestTask task, ReadOnlySpan<byte> content)
    {
        if (content.Length != 12)
            return Fail.EINVAL;
        var who = new PeerId(MemoryMarshal.Read<int>(content), MemoryMarshal.Read<uint>(content[4..]), MemoryMarshal.Read<uint>(content[8..]));
        Credentials own = task.Credentials;
        bool pid = who.Pid == task.Process.Pid || own.Has(SocketAbi.CapabilitySysAdmin);
        bool uid = who.Uid == own.Uid || who.Uid == own.Euid || who.Uid == own.Suid || own.Has(SocketAbi.CapabilitySetUid);
        bool gid = who.Gid == own.Gid || who.Gid == own.Egid || who.Gid == own.Sgid || own.Has(SocketAbi.CapabilitySetGid);
        if (!pid || !uid || !gid)
            return Fail.EPERM;
        if (who.Pid != task.Process.Pid && task.Kernel.Find(who.Pid) is null)
            return Fail.ESRCH;
        Sender = who;
        return 0;
    }

    public void Release(Kernel kernel)
    {
        if (Files is null)
            return;
        kernel.Network.Drop(Files);
        Files = null;
    }

    /// <summary>
    /// recvmsg(2): writes what there is room for, and installs descriptors. The room that was used; what had none is gone, and MSG_CTRUNC in
    /// <paramref name="flags"/> tells.
    /// </summary>
    public long Write(GuestTask task, ulong address, ulong room, bool closeOnExec, ref int flags)
    {
        var writer = new ControlWriter(task, address, room);
        if (Sender is { } who)
        {
            Span<uint> content = [(uint)who.Pid, who.Uid, who.Gid];
            writer.Put(SocketAbi.LevelSocket, SocketAbi.ScmCredentials, MemoryMarshal.AsBytes(content));
        }
        if (To is { } to)
            PutPacketInfo(ref writer, to);
        if (Files is { Count: > 0 })
        {
            PutFiles(task, ref writer, closeOnExec);
            Release(task.Kernel);
        }
        if (writer.IsTruncated)
            flags |= SocketAbi.ControlTruncated;
        return writer.IsFaulty ? Fail.EFAULT : (long)writer.Used;
    }

    private void PutFiles(GuestTask task, ref ControlWriter writer, bool closeOnExec)
    {
        int most = Math.Min(Files!.Count, writer.RoomFor(sizeof(int)));
        var numbers = new List<int>(most);
        ulong limit = task.Process.Limits[ResourceLimits.Files].Soft;
        for (int i = 0; i < most; i++)
        {
            long fd = task.Process.Files.Add(Files[i].Share(), closeOnExec, limit);
            if (fd < 0)
                break;
            numbers.Add((int)fd);
        }
        if (numbers.Count > 0)
            writer.Put(SocketAbi.LevelSocket, SocketAbi.ScmRights, MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(numbers)));
        writer.IsTruncated |= numbers.Count < Files.Count;
    }

    /// <summary>struct in_pktinfo, struct in6_pktinfo: interface 1 is the loopback device.</summary>
    private static void PutPacketInfo(ref ControlWriter writer, UInt128 to)
    {
        Span<byte> content = stackalloc byte[20];
        if (InetAddress.IsV4(to))
        {
            MemoryMarshal.Write(content, 1);
            InetAddress.WriteV4(to, content[4..]);
            InetAddress.WriteV4(to, content[8..]);
            writer.Put(SocketAbi.LevelIp, SocketAbi.PacketInfo, content[..12]);
            return;
        }
        InetAddress.WriteV6(to, content);
        MemoryMarshal.Write(content[16..], 1);
        writer.Put(SocketAbi.LevelIpv6, SocketAbi.PacketInfo6, content);
    }
}
