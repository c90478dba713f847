using System.Collections.Generic;
using System.Globalization;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>What the sockets of one kernel share: names, ports, and the descriptors that are on their way.</summary>
internal sealed class NetworkStack(KernelOptions options)
{
    /// <summary>Below it a port needs CAP_NET_BIND_SERVICE (ip(7), ip_unprivileged_port_start).</summary>
    public int FirstUnprivilegedPort { get; } = FirstUnprivileged(options);

    private static int FirstUnprivileged(KernelOptions options)
    {
        const int Usual = 1024;
        string? text = System.Array.Find(options.Sysctls, pair => pair.Path == "net/ipv4/ip_unprivileged_port_start").Value;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) ? port : Usual;
    }

    /// <summary>A bound for everybody, root too: a file in flight may hold a descriptor of the host's.</summary>
    public const int MostInFlight = 16384;

    private readonly Queue<OpenFile> dropped = new();
    private ulong lastInode = 20000;
    private bool isDropping;

    public UnixNames UnixNames { get; } = new();

    public PortTable TcpPorts { get; } = new();

    public PortTable UdpPorts { get; } = new();

    /// <summary>Ports of netlink(7) that are taken.</summary>
    public HashSet<uint> NetlinkPorts { get; } = [];

    public BytePool Memory { get; } = new();

    public PacketPool Packets => field ??= new PacketPool(Memory);

    /// <summary>The ranges of the message that is being moved.</summary>
    public (ulong Address, long Length)[] Ranges { get; } = new (ulong, long)[MessageBuffer.MostVectors];

    public InFlight InFlight => field ??= new InFlight(this);

    public ulong NextInode() => ++lastInode;

    /// <summary>
    /// Ends references. A socket that ends may hold messages with sockets that hold messages, as deep as a guest likes: they end here one after
    /// the other, not in each other's calls.
    /// </summary>
    public void Drop(List<OpenFile> files)
    {
        foreach (OpenFile file in files)
            dropped.Enqueue(file);
        if (isDropping)
            return;
        isDropping = true;
        while (dropped.TryDequeue(out OpenFile? file))
            file.Release();
        isDropping = false;
    }
}
