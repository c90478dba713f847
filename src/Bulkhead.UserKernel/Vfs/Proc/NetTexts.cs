namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>/proc/net (proc_pid_net(5)): devices and routes of the sandbox's network name space, tables of sockets by their headers.</summary>
internal static class NetTexts
{
    private const string Udp = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops            \n";
    private const string Tcp = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n";
    private const string Tcp6 = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
    private const string Udp6 = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n";
    private const string Device = "Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
        + "    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n";
    private const string Route = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT                                                       \n";

    public static DirectoryNode Tree { get; } = new DirectoryNode()
        .Add("dev", Host("dev", Device))
        .Add("route", Host("route", Route))
        .Add("if_inet6", Host("if_inet6", ""))
        .Add("ipv6_route", Host("ipv6_route", ""))
        .Add("arp", Host("arp", "IP address       HW type     Flags       HW address            Mask     Device\n"))
        .Add("snmp", Host("snmp", ""))
        .Add("netstat", Host("netstat", ""))
        .Add("tcp", Header(Tcp)).Add("tcp6", Header(Tcp6)).Add("udp", Header(Udp)).Add("udp6", Header(Udp6)).Add("raw", Header(Udp)).Add("raw6", Header(Udp6))
        .Add("unix", Header("Num       RefCount Protocol Flags    Type St Inode Path\n"))
        .Add("netlink", Header("sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n"))
        .Add("packet", Header("sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n"))
        .Add("sockstat", Header("sockets: used 0\nTCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0\nUDP: inuse 0 mem 0\nUDPLITE: inuse 0\nRAW: inuse 0\nFRAG: inuse 0 memory 0\n"))
        .Add("protocols", Header("protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re sp bi br ha uh gp em\n"));

    private static TextNode Header(string text) => new(_ => text);

    /// <summary>The kernel process is in the sandbox's network name space: its own list is the guest's.</summary>
    private static TextNode Host(string name, string otherwise) => new(task => HostProcess.ReadFile(task.Kernel, "/proc/self/net/" + name) is { Length: > 0 } text ? text : otherwise);
}
