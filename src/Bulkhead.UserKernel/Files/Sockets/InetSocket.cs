using System;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>AF_INET and AF_INET6 within this kernel: only loopback addresses are there (ip(7), ipv6(7)).</summary>
internal abstract class InetSocket : SocketFile
{
    protected InetSocket(Kernel kernel, int domain, int type, int protocol, PortTable ports) : base(kernel, domain, type, protocol)
    {
        Ports = ports;
        Local = Remote = new InetAddress(Any, 0);
    }

    protected PortTable Ports { get; }

    /// <summary>Port 0: not bound.</summary>
    public InetAddress Local { get; protected set; }

    public InetAddress Remote { get; protected set; }

    /// <summary>bind(2) chose the address, not connect or listen.</summary>
    protected bool WasBound { get; private set; }

    /// <summary>Who made it: SO_REUSEPORT shares a port among one user's sockets.</summary>
    public uint Creator { get; init; }

    public bool IsV6Only => Domain == SocketAbi.FamilyInet6 && Options.IsSet(SocketAbi.LevelIpv6, SocketAbi.V6Only);

    public bool Reuses => Options.IsSet(SocketAbi.LevelSocket, SocketAbi.ReuseAddress);

    public bool ReusesPort => Options.IsSet(SocketAbi.LevelSocket, SocketAbi.ReusePort);

    /// <summary>It has one peer.</summary>
    public virtual bool IsJoined => false;

    /// <summary>Whether something from there is for it.</summary>
    public abstract bool Hears(InetAddress from);

    protected UInt128 Any => Domain == SocketAbi.FamilyInet ? InetAddress.Any4 : InetAddress.Any6;

    public override bool HasLevel(int level) =>
        level is SocketAbi.LevelSocket or SocketAbi.LevelIp || (level == SocketAbi.LevelIpv6 && Domain == SocketAbi.FamilyInet6);

    public override long CheckOption(int level, int name, int value) =>
        level == SocketAbi.LevelIpv6 && name == SocketAbi.V6Only && Local.Port != 0 ? Fail.EINVAL : 0;

    public override SocketAddress LocalName() => Local.ToName(Domain);

    /// <summary>An address of the socket's family, or what is wrong with it.</summary>
    protected long Parse(in SocketAddress from, out InetAddress address)
    {
        address = default;
        bool is4 = Domain == SocketAbi.FamilyInet;
        if (from.Length < (is4 ? InetAddress.Size4 : InetAddress.LeastSize6))
            return Fail.EINVAL;
        if (from.Family != Domain)
            return Fail.EAFNOSUPPORT;
        address = is4 ? InetAddress.Read4(from) : InetAddress.Read6(from);
        return 0;
    }

    /// <summary>Where to send: "any" is this machine; there is no way to anywhere else.</summary>
    protected long ParseRemote(in SocketAddress from, out InetAddress address)
    {
        long error = Parse(from, out address);
        if (error < 0)
            return error;
        if (address.IsAny)
            address = address with { Address = address.Address == InetAddress.Any4 ? InetAddress.Loopback4 : InetAddress.Loopback6 };
        bool isV4 = InetAddress.IsV4(address.Address);
        if (isV4 && IsV6Only)
            return Fail.ENETUNREACH;
        // A socket that is bound to an address of one family does not reach the other's.
        if (!Local.IsAny && Local.Port != 0 && InetAddress.IsV4(Local.Address) != isV4)
            return isV4 ? Fail.ENETUNREACH : Fail.EINVAL;
        return InetAddress.IsLocal(address.Address) ? 0 : Fail.ENETUNREACH;
    }

    public override long Bind(GuestTask task, in SocketAddress address)
    {
        InetAddress wanted;
        if (Domain == SocketAbi.FamilyInet && address.Length >= InetAddress.Size4 && address.Family == SocketAbi.FamilyUnspecified)
        {
            // Old programs leave the family out (inet_bind).
            wanted = InetAddress.Read4(address);
            if (!wanted.IsAny)
                return Fail.EAFNOSUPPORT;
        }
        else if (Parse(address, out wanted) is var error and < 0)
        {
            return error;
        }
        long refused = Refusal(task, wanted);
        if (refused < 0)
            return refused;
        long result = BindTo(wanted);
        WasBound = result == 0;
        return result;
    }

    /// <summary>The two families look at an address in different order (inet_bind, inet6_bind).</summary>
    private long Refusal(GuestTask task, InetAddress wanted)
    {
        long bound = Local.Port != 0 || IsJoined || (InetAddress.IsV4(wanted.Address) && IsV6Only) ? Fail.EINVAL : 0;
        long reserved = wanted.Port > 0 && wanted.Port < Kernel.Network.FirstUnprivilegedPort && !task.Credentials.Has(SocketAbi.CapabilityBindService) ? Fail.EACCES : 0;
        bool isOurs = wanted.IsAny || InetAddress.IsLocal(wanted.Address) || Options.IsSet(SocketAbi.LevelIp, SocketAbi.FreeBind);
        long far = isOurs ? 0 : Fail.EADDRNOTAVAIL;
        if (Domain == SocketAbi.FamilyInet)
            return far < 0 ? far : reserved < 0 ? reserved : bound;
        return reserved < 0 ? reserved : bound < 0 ? bound : far;
    }

    protected long BindTo(InetAddress wanted)
    {
        long error = Ports.Bind(this, wanted, out InetAddress got);
        if (error == 0)
            Local = got;
        return error;
    }

    protected long BindAutomatically() => Local.Port != 0 ? 0 : BindTo(Local) < 0 ? Fail.EAGAIN : 0;

    /// <summary>The address that something to there comes from: the route's own (127.0.0.0/8 has 127.0.0.1).</summary>
    protected UInt128 SourceFor(InetAddress to)
    {
        if (!Local.IsAny)
            return Local.Address;
        return InetAddress.IsV4(to.Address) ? InetAddress.Loopback4 : InetAddress.Loopback6;
    }

    protected void Unbind()
    {
        if (Local.Port != 0)
            Ports.Remove(this);
    }
}
