using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Workloads.Monitor;

/// <summary>
/// A monitor that starts while its container's configuration is still being made: its runtime takes about as long to start as that. It does nothing
/// before it is told to, and ends when it never is.
/// </summary>
public sealed class PreparedMonitor : IDisposable
{
    private readonly SpawnedProcess process;
    private Fd? connection;

    internal PreparedMonitor(SpawnedProcess process, Fd connection)
    {
        this.process = process;
        this.connection = connection;
    }

    /// <summary>From here on the container's folder is the monitor's: the connection to it.</summary>
    public Fd Run()
    {
        process.AwaitExec();
        // Where it was killed meanwhile, who reads from the connection hears so.
        Sys.Send(connection!, [Packet.Run]);
        Fd given = connection!;
        connection = null;
        return given;
    }

    /// <summary>One that was never told to run is gone after this, and with it its hold on the folder's lock.</summary>
    public void Dispose()
    {
        if (connection is null)
        {
            process.Dispose();
            return;
        }
        connection.Dispose();
        process.Abandon();
    }

    /// <summary>The monitor's side: false when its starter has given up.</summary>
    public static bool AwaitRun(Fd starter)
    {
        Span<byte> packet = stackalloc byte[1];
        return Sys.Receive(starter, packet) is { Ok: true, Value: 1 } && packet[0] == Packet.Run;
    }
}
