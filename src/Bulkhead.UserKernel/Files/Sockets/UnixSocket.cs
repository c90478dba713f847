using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>AF_UNIX (unix(7)): names, and messages that wait at their receiver and count against their sender's buffer.</summary>
internal abstract class UnixSocket(Kernel kernel, int type) : SocketFile(kernel, SocketAbi.FamilyUnix, type, 0)
{
    private const int PathOffset = 2, MostAddress = 110, BufferReserve = 32;
    private Fd? node;
    private (ulong, ulong) nodeKey;

    /// <summary>As getsockname(2) tells it; empty: it has none.</summary>
    public SocketAddress LocalAddress { get; protected set; }

    /// <summary>SO_PEERCRED; null: there is no peer.</summary>
    public PeerId? PeerIdentity { get; set; }

    public UnixSocket? Peer { get; set; }

    /// <summary>Closed by all who had it.</summary>
    public bool IsDead { get; private set; }

    public PacketQueue Packets { get; } = new();

    /// <summary>What its messages that nobody has read yet cost.</summary>
    public int Charged { get; private set; }

    protected override int Unsent => Charged;

    /// <summary>unix_writable of net/unix/af_unix.c: poll(2) asks for much room.</summary>
    protected bool HasRoomToPoll => Charged << 2 <= SendBuffer;

    protected bool HasRoom => Charged < SendBuffer;

    /// <summary>The largest message (unix_dgram_sendmsg).</summary>
    protected int MostMessage => SendBuffer - BufferReserve;

    public bool WantsIdentity => Options.IsSet(SocketAbi.LevelSocket, SocketAbi.PassCredentials);

    public override bool HasLevel(int level) => level == SocketAbi.LevelSocket;

    public override SocketAddress LocalName() => NameOrFamily(LocalAddress);

    public override long PeerName(out SocketAddress name)
    {
        name = Peer is { } peer ? NameOrFamily(peer.LocalAddress) : default;
        return Peer is null ? Fail.ENOTCONN : 0;
    }

    private static SocketAddress NameOrFamily(in SocketAddress address) => address.Length > 0 ? address : SocketAddress.OfFamily(SocketAbi.FamilyUnix);

    protected static long Check(in SocketAddress address) =>
        address.Length is <= PathOffset or > MostAddress || address.Family != SocketAbi.FamilyUnix ? Fail.EINVAL : 0;

    public override long Bind(GuestTask task, in SocketAddress address)
    {
        if (address.Length == PathOffset && address.Family == SocketAbi.FamilyUnix)
            return BindAutomatically();
        long error = Check(address);
        if (error < 0)
            return error;
        if (!UnixNames.IsAbstract(address))
            return BindPath(task, address);
        if (LocalAddress.Length > 0)
            return Fail.EINVAL;
        if (!Network.UnixNames.AddAbstract(this, address))
            return Fail.EADDRINUSE;
        LocalAddress = address;
        return 0;
    }

    protected long BindAutomatically()
    {
        if (LocalAddress.Length > 0)
            return 0;
        if (!Network.UnixNames.AddAutomatic(this, out SocketAddress name))
            return Fail.ENOSPC;
        LocalAddress = name;
        return 0;
    }

    /// <summary>The inode stays open as long as the socket: its number must not name another file.</summary>
    private long BindPath(GuestTask task, in SocketAddress address)
    {
        string path = UnixNames.PathOf(address);
        long error = task.Kernel.FileSystem.BindSocket(task, path, LocalAddress.Length == 0, out Fd? file, out (ulong, ulong) key);
        if (error < 0)
            return error == Fail.EEXIST ? Fail.EADDRINUSE : error;
        (node, nodeKey) = (file, key);
        Network.UnixNames.AddInode(key, this);
        byte[] name = new byte[PathOffset + path.Length + 1];
        address.Bytes[..(PathOffset + path.Length)].CopyTo(name);
        LocalAddress = new SocketAddress(name);
        return 0;
    }

    /// <summary>Copies bytes of the message, and takes over what it carries. Null: its memory is not there.</summary>
    protected Packet? MakePacket(ref Outgoing message, UnixSocket receiver, int length, int mostLinear)
    {
        Packet packet = Network.Packets.Take(length);
        if (!message.Buffer.Get(packet.Data.AsSpan(0, length)))
        {
            Network.Packets.Give(packet);
            return null;
        }
        PeerId? sender = message.Control?.Sender;
        if (sender is null && message.Task is { } task && (WantsIdentity || receiver.WantsIdentity))
            sender = PeerId.Of(task);
        List<OpenFile>? files = message.Control?.Files;
        if (message.Control is not null)
            message.Control.Files = null;
        if (files is not null)
            Network.InFlight.Add(receiver, files);
        (packet.From, packet.Sender, packet.Files) = (LocalAddress, sender, files);
        (packet.Owner, packet.Cost) = (this, Packet.CostOf(length, mostLinear));
        Charged += packet.Cost;
        return packet;
    }

    /// <summary>A message of ours was read or thrown away.</summary>
    private void Discharge(int cost)
    {
        bool hadRoom = HasRoomToPoll;
        Charged -= cost;
        if ((!hadRoom && HasRoomToPoll) || Queue.HasWaiters)
            Wake();
    }

    /// <summary>Its descriptors go to a reader.</summary>
    protected void TakeFiles(Packet packet, ref Incoming message)
    {
        if (packet.Files is not { } files)
            return;
        message.Control ??= new ControlData();
        List<OpenFile> taken = message.Control.Files ??= [];
        if (message.IsPeek)
        {
            foreach (OpenFile file in files)
                taken.Add(file.Share());
            return;
        }
        taken.AddRange(files);
        packet.Files = null;
        Network.InFlight.Remove(this, files);
    }

    protected void TakeIdentity(Packet packet, ref Incoming message)
    {
        if (!WantsIdentity)
            return;
        message.Control ??= new ControlData();
        message.Control.Sender = packet.Sender ?? PeerId.Unknown;
    }

    /// <summary>The first message leaves the queue; what it still carries ends.</summary>
    protected void RemovePacket()
    {
        Packet packet = Packets.RemoveFirst();
        packet.Owner?.Discharge(packet.Cost);
        List<OpenFile>? files = packet.Files;
        Network.Packets.Give(packet);
        if (files is null)
            return;
        Network.InFlight.Remove(this, files);
        Network.Drop(files);
    }

    /// <summary>Sockets that its waiting messages carry.</summary>
    public IEnumerable<UnixSocket> Carried()
    {
        for (Packet? packet = Packets.First; packet is not null; packet = packet.Next)
        {
            foreach (OpenFile file in packet.Files ?? [])
            {
                if (file is UnixSocket socket)
                    yield return socket;
            }
        }
    }

    /// <summary>All descriptors of its waiting messages, which lose them.</summary>
    public List<OpenFile> TakeCarried()
    {
        var taken = new List<OpenFile>();
        for (Packet? packet = Packets.First; packet is not null; packet = packet.Next)
        {
            if (packet.Files is not { } files)
                continue;
            taken.AddRange(files);
            packet.Files = null;
            Network.InFlight.Remove(this, files);
        }
        return taken;
    }

    protected void RemoveAllPackets()
    {
        while (Packets.Count > 0)
            RemovePacket();
    }

    /// <summary>A datagram or packet: the rest of one that is longer than the buffer is lost.</summary>
    protected long ReceiveMessage(ref Incoming message)
    {
        Packet packet = Packets.First!;
        int count = (int)Math.Min(packet.Length, message.Buffer.Left);
        bool isThere = message.Buffer.Put(packet.Data.AsSpan(0, count));
        if (isThere)
        {
            message.From = packet.From;
            TakeIdentity(packet, ref message);
            TakeFiles(packet, ref message);
        }
        message.IsEnd = true;
        if (count < packet.Length)
            message.Result |= SocketAbi.Truncated;
        int whole = packet.Length;
        if (!message.IsPeek)
            RemovePacket();
        return !isThere ? Fail.EFAULT : (message.Flags & SocketAbi.Truncated) != 0 ? whole : count;
    }

    protected override void OnClose()
    {
        IsDead = true;
        if (node is not null)
            Network.UnixNames.RemoveInode(nodeKey);
        else if (LocalAddress.Length > 0 && UnixNames.IsAbstract(LocalAddress))
            Network.UnixNames.RemoveAbstract(this, LocalAddress);
        node?.Dispose();
        node = null;
        Leave();
        Wake();
        Network.InFlight.Collect();
    }

    /// <summary>Tells the other end, and throws away what waits here.</summary>
    protected abstract void Leave();
}
