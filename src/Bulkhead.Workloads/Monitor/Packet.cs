namespace Bulkhead.Workloads.Monitor;

/// <summary>
/// First byte of each message between a monitor and a client, on a unix SOCK_SEQPACKET socket; what follows is its content. Both ends are the same
/// user's processes and come from the same installation: the protocol has no version.
/// </summary>
public static class Packet
{
    /// <summary>Monitor: the program runs; its pid, 4 bytes.</summary>
    public const byte Started = (byte)'S';

    /// <summary>Monitor: it could not be made or started; exit status, 4 bytes, then one line of UTF-8.</summary>
    public const byte Failed = (byte)'F';

    /// <summary>Monitor: bytes of its standard output (or of its terminal).</summary>
    public const byte Output = (byte)'O';

    /// <summary>Monitor: bytes of its standard error.</summary>
    public const byte Error = (byte)'E';

    /// <summary>Monitor: it ended; exit status, 4 bytes. Nothing follows.</summary>
    public const byte Exited = (byte)'X';

    /// <summary>Starter: the configuration is there. Nothing follows.</summary>
    public const byte Run = (byte)'R';

    /// <summary>Client: bytes for its standard input.</summary>
    public const byte Input = (byte)'I';

    /// <summary>Client: standard input has ended.</summary>
    public const byte InputEnd = (byte)'Z';

    /// <summary>Client: the size of its window, rows and columns, 2 bytes each.</summary>
    public const byte Resize = (byte)'W';

    /// <summary>Client: a signal for its first process, 1 byte.</summary>
    public const byte Signal = (byte)'K';

    /// <summary>Longest content: PIPE_BUF, so that a pipe that takes anything takes it whole.</summary>
    public const int MaxContent = 4096;
}
