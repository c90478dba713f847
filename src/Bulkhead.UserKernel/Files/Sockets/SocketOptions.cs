using System.Collections.Generic;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>What setsockopt(2) has set on a socket.</summary>
internal sealed class SocketOptions
{
    private readonly Dictionary<(int Level, int Name), int> values;

    public SocketOptions() => values = [];

    private SocketOptions(SocketOptions from)
    {
        values = new Dictionary<(int, int), int>(from.values);
        SendBuffer = from.SendBuffer;
        ReceiveBuffer = from.ReceiveBuffer;
        SendTimeout = from.SendTimeout;
        ReceiveTimeout = from.ReceiveTimeout;
        IsLingering = from.IsLingering;
        LingerSeconds = from.LingerSeconds;
        ReceiveLow = from.ReceiveLow;
    }

    /// <summary>Bytes as getsockopt(2) tells them; 0: nobody asked for a size.</summary>
    public int SendBuffer { get; set; }

    public int ReceiveBuffer { get; set; }

    /// <summary>Nanoseconds; below 0: for ever.</summary>
    public long SendTimeout { get; set; } = -1;

    public long ReceiveTimeout { get; set; } = -1;

    public bool IsLingering { get; set; }

    public int LingerSeconds { get; set; }

    public int ReceiveLow { get; set; } = 1;

    public bool IsSet(int level, int name) => Get(level, name) != 0;

    public int Get(int level, int name)
    {
        if (values.TryGetValue((level, name), out int value))
            return value;
        return OptionTable.Find(level, name, out OptionEntry entry) ? entry.Default : 0;
    }

    public void Set(int level, int name, int value) => values[(level, name)] = value;

    /// <summary>accept(2): a new socket starts with its listener's options.</summary>
    public SocketOptions Copy() => new(this);
}
