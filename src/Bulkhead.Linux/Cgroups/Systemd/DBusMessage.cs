using System;
using System.Buffers.Binary;

namespace Bulkhead.Linux.Cgroups.Systemd;

public enum DBusMessageType : byte
{
    MethodCall = 1,
    MethodReturn = 2,
    Error = 3,
    Signal = 4,
}

/// <summary>One message, header taken apart (D-Bus specification, "Message Format").</summary>
public sealed class DBusMessage
{
    /// <summary>The specification's 128 MiB; what systemd sends us is below 64 KiB.</summary>
    private const uint MaxLength = 1 << 20;

    private const int FixedHeader = 16;

    public DBusMessageType Type { get; set; }

    public uint Serial { get; set; }

    public uint ReplySerial { get; set; }

    public string Path { get; set; } = "";

    public string Interface { get; set; } = "";

    public string Member { get; set; } = "";

    public string ErrorName { get; set; } = "";

    public string Destination { get; set; } = "";

    public string Sender { get; set; } = "";

    public string Signature { get; set; } = "";

    public byte[] Body { get; set; } = [];

    private bool BigEndian { get; set; }

    public DBusReader Reader() => new(Body, BigEndian);

    public byte[] ToBytes()
    {
        var w = new DBusWriter();
        w.WriteByte((byte)'l');
        w.WriteByte((byte)Type);
        w.WriteByte(0);
        w.WriteByte(1);
        w.WriteUInt32((uint)Body.Length);
        w.WriteUInt32(Serial);
        (int, int) fields = w.BeginArray(8);
        Field(w, 1, "o", Path);
        Field(w, 2, "s", Interface);
        Field(w, 3, "s", Member);
        Field(w, 4, "s", ErrorName);
        if (ReplySerial != 0)
        {
            w.BeginStruct();
            w.WriteByte(5);
            w.WriteSignature("u");
            w.WriteUInt32(ReplySerial);
        }
        Field(w, 6, "s", Destination);
        if (Signature.Length > 0)
        {
            w.BeginStruct();
            w.WriteByte(8);
            w.WriteSignature("g");
            w.WriteSignature(Signature);
        }
        w.EndArray(fields);
        w.Align(8);
        w.WriteBytes(Body);
        return w.Written.ToArray();
    }

    /// <summary>The whole length of the message that starts here; 0 while the fixed header is not all there.</summary>
    public static int LengthOf(ReadOnlySpan<byte> data)
    {
        if (data.Length < FixedHeader)
            return 0;
        bool big = data[0] == (byte)'B';
        if (!big && data[0] != (byte)'l')
            throw new StepException("read D-Bus message", Errno.EBADMSG);
        uint body = Number(data[4..], big), fields = Number(data[12..], big);
        if (body > MaxLength || fields > MaxLength)
            throw new StepException("read D-Bus message", Errno.EMSGSIZE);
        return FixedHeader + (((int)fields + 7) & ~7) + (int)body;
    }

    public static DBusMessage Parse(ReadOnlySpan<byte> data)
    {
        bool big = data[0] == (byte)'B';
        var message = new DBusMessage { BigEndian = big, Type = (DBusMessageType)data[1], Serial = Number(data[8..], big) };
        int bodyLength = (int)Number(data[4..], big);
        message.Body = data[^bodyLength..].ToArray();
        var r = new DBusReader(data[..^bodyLength], big);
        _ = r.ReadBytes(12);
        int end = r.BeginArray(8);
        while (r.Position < end)
        {
            r.Align(8);
            byte code = r.ReadByte();
            message.SetField(code, r.ReadSignature(), ref r);
        }
        return message;
    }

    private void SetField(byte code, string signature, ref DBusReader r)
    {
        string text = "";
        uint number = 0;
        switch (signature)
        {
            case "s" or "o":
                text = r.ReadString();
                break;
            case "g":
                text = r.ReadSignature();
                break;
            case "u":
                number = r.ReadUInt32();
                break;
            default:
                throw new StepException("read D-Bus message", Errno.EBADMSG);
        }
        switch (code)
        {
            case 1: Path = text; break;
            case 2: Interface = text; break;
            case 3: Member = text; break;
            case 4: ErrorName = text; break;
            case 5: ReplySerial = number; break;
            case 6: Destination = text; break;
            case 7: Sender = text; break;
            case 8: Signature = text; break;
            default: break;
        }
    }

    private static void Field(DBusWriter w, byte code, string signature, string value)
    {
        if (value.Length == 0)
            return;
        w.BeginStruct();
        w.WriteByte(code);
        w.WriteSignature(signature);
        w.WriteString(value);
    }

    private static uint Number(ReadOnlySpan<byte> data, bool big) =>
        big ? BinaryPrimitives.ReadUInt32BigEndian(data) : BinaryPrimitives.ReadUInt32LittleEndian(data);
}
