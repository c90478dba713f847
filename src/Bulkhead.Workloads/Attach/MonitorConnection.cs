using System;
using System.Buffers.Binary;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Workloads.Monitor;

namespace Bulkhead.Workloads.Attach;

/// <summary>The way to the monitor of a container that runs.</summary>
public static class MonitorConnection
{
    /// <summary>Null: it has none, because nothing of it runs or because the monitor died.</summary>
    public static Fd? Open(WorkloadFolder folder)
    {
        Fd socket = Sys.CreateSocket(Socket.AF_UNIX, Socket.SOCK_SEQPACKET).OrThrow("make a socket");
        if (Sys.ConnectUnix(socket, folder.AttachPath) == Errno.None)
            return socket;
        socket.Dispose();
        return null;
    }

    /// <summary>Waits until the container has ended and its monitor has written down how: its exit status. Null at once when there is no monitor.</summary>
    public static int? AwaitEnd(WorkloadFolder folder)
    {
        using Fd? monitor = Open(folder);
        if (monitor is null)
            return null;
        byte[] packet = new byte[1 + Packet.MaxContent];
        while (Sys.Receive(monitor, packet) is { Ok: true, Value: > 0 })
        {
            // Output was asked for by nobody here.
            if (packet[0] is Packet.Exited or Packet.Failed)
                return BinaryPrimitives.ReadInt32LittleEndian(packet.AsSpan(1));
        }
        return null;
    }

    /// <summary>Has a monitor that waits look at its folder again.</summary>
    public static void Wake(WorkloadFolder folder) => Open(folder)?.Dispose();
}
