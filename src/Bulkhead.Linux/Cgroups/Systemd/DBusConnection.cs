using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Text;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Cgroups.Systemd;

/// <summary>A connection to a message bus over its unix socket: one call at a time, signals queued meanwhile. Not thread-safe.</summary>
public sealed class DBusConnection : IDisposable
{
    private const string Bus = "org.freedesktop.DBus";
    private const int CallTimeout = 30_000;
    private const short PollIn = 1;

    private readonly Fd _socket;
    private readonly Queue<DBusMessage> _queue = new();
    private byte[] _input = new byte[4096];
    private int _filled;
    private uint _serial;

    private DBusConnection(Fd socket) => _socket = socket;

    /// <summary>Our unique name (":1.42").</summary>
    public string Name { get; private set; } = "";

    /// <summary>Connects, authenticates and says Hello. Address: "unix:path=...", the first of a list.</summary>
    public static DBusConnection Connect(string address)
    {
        Fd socket = Sys.CreateSocket(Socket.AF_UNIX, Socket.SOCK_STREAM).OrThrow("socket");
        var connection = new DBusConnection(socket);
        try
        {
            Errno error = Sys.ConnectUnix(socket, SocketPath(address));
            if (error != Errno.None)
                throw new StepException("connect to D-Bus at", error, address);
            connection.Authenticate();
            connection.Name = connection.Call(Bus, "/org/freedesktop/DBus", Bus, "Hello", "", null).Reader().ReadString();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Calls a method and waits for the answer.</summary>
    public DBusMessage Call(string destination, string path, string @interface, string member, string signature, DBusWriter? body)
    {
        uint serial = Send(new DBusMessage
        {
            Type = DBusMessageType.MethodCall,
            Destination = destination,
            Path = path,
            Interface = @interface,
            Member = member,
            Signature = signature,
            Body = body is null ? [] : body.Written.ToArray(),
        });
        long deadline = Stopwatch.GetTimestamp() + (CallTimeout / 1000 * Stopwatch.Frequency);
        while (true)
        {
            DBusMessage message = ReceiveNew(deadline, member);
            if (message.ReplySerial != serial || message.Type is not (DBusMessageType.MethodReturn or DBusMessageType.Error))
            {
                _queue.Enqueue(message);
                continue;
            }
            if (message.Type == DBusMessageType.Error)
                throw new DBusException(message.ErrorName, message.Signature.StartsWith('s') ? message.Reader().ReadString() : "");
            return message;
        }
    }

    /// <summary>Asks the bus for broadcast signals.</summary>
    public void AddMatch(string rule)
    {
        var body = new DBusWriter();
        body.WriteString(rule);
        _ = Call(Bus, "/org/freedesktop/DBus", Bus, "AddMatch", "s", body);
    }

    /// <summary>Owns a well-known name (tests are a bus's service so). False when somebody else does.</summary>
    public bool RequestName(string name)
    {
        var body = new DBusWriter();
        body.WriteString(name);
        body.WriteUInt32(4); // DBUS_NAME_FLAG_DO_NOT_QUEUE
        return Call(Bus, "/org/freedesktop/DBus", Bus, "RequestName", "su", body).Reader().ReadUInt32() == 1;
    }

    /// <summary>Sends a message under the next serial.</summary>
    public uint Send(DBusMessage message)
    {
        message.Serial = ++_serial;
        Errno error = Sys.Send(_socket, message.ToBytes());
        return error == Errno.None ? _serial : throw new StepException("write to D-Bus", error);
    }

    /// <summary>The next message, queued ones first. ETIMEDOUT after the time.</summary>
    public DBusMessage Receive(int timeoutMilliseconds) =>
        _queue.TryDequeue(out DBusMessage? queued) ? queued
            : ReceiveNew(Stopwatch.GetTimestamp() + (timeoutMilliseconds * Stopwatch.Frequency / 1000), "a message");

    public void Dispose() => _socket.Dispose();

    private static string SocketPath(string address)
    {
        const string Path = "unix:path=";
        string first = address.Split(';')[0];
        if (!first.StartsWith(Path, StringComparison.Ordinal))
            throw new StepException($"D-Bus address is not supported (only unix:path=...): {address}");
        string path = first[Path.Length..].Split(',')[0];
        return Unescape(path);
    }

    /// <summary>Server addresses escape bytes as %XX.</summary>
    private static string Unescape(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            bool escape = text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]);
            plain.Append(escape ? (char)((HexDigit(text[i + 1]) << 4) | HexDigit(text[i + 2])) : text[i]);
            i += escape ? 2 : 0;
        }
        return plain.ToString();
    }

    private static int HexDigit(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;

    /// <summary>
    /// SASL EXTERNAL without an identity: the bus takes the one that the kernel reports, which is right inside user namespaces as well,
    /// where our own uid would not match.
    /// </summary>
    private void Authenticate()
    {
        SendLine("\0AUTH EXTERNAL\r\nDATA\r\n");
        string line = ReadLine();
        if (line.StartsWith("DATA", StringComparison.Ordinal))
            line = ReadLine();
        if (!line.StartsWith("OK ", StringComparison.Ordinal))
            throw new StepException($"D-Bus refuses us: {line}");
        SendLine("BEGIN\r\n");
    }

    private void SendLine(string line)
    {
        Errno error = Sys.Send(_socket, Encoding.ASCII.GetBytes(line));
        if (error != Errno.None)
            throw new StepException("write to D-Bus", error);
    }

    private string ReadLine()
    {
        long deadline = Stopwatch.GetTimestamp() + (CallTimeout / 1000 * Stopwatch.Frequency);
        while (true)
        {
            int end = _input.AsSpan(0, _filled).IndexOf("\r\n"u8);
            if (end >= 0)
            {
                string line = Encoding.ASCII.GetString(_input, 0, end);
                Drop(end + 2);
                return line;
            }
            Fill(deadline, "authentication");
        }
    }

    private DBusMessage ReceiveNew(long deadline, string what)
    {
        while (true)
        {
            int length = DBusMessage.LengthOf(_input.AsSpan(0, _filled));
            if (length > 0 && length <= _filled)
            {
                DBusMessage message = DBusMessage.Parse(_input.AsSpan(0, length));
                Drop(length);
                return message;
            }
            if (length > _input.Length)
                Array.Resize(ref _input, length);
            Fill(deadline, what);
        }
    }

    private void Fill(long deadline, string what)
    {
        long left = Math.Max(0, (deadline - Stopwatch.GetTimestamp()) * 1000 / Stopwatch.Frequency);
        if (Sys.PollOne(_socket, PollIn, (int)left).OrThrow("poll D-Bus") == 0)
            throw new StepException($"wait on D-Bus for {what}", Errno.ETIMEDOUT);
        if (_filled == _input.Length)
            Array.Resize(ref _input, _filled * 2);
        int count = Sys.Receive(_socket, _input.AsSpan(_filled)).OrThrow("read from D-Bus");
        if (count == 0)
            throw new StepException($"wait on D-Bus for {what}", Errno.ECONNRESET);
        _filled += count;
    }

    private void Drop(int count)
    {
        _input.AsSpan(count, _filled - count).CopyTo(_input);
        _filled -= count;
    }
}
