using System;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Cgroups;
using Bulkhead.Linux.Cgroups.Systemd;
using Bulkhead.Linux.Netlink;

namespace Bulkhead.Fuzz;

/// <summary>/proc/self/mountinfo and /proc/self/cgroup, one behind the other with a NUL byte between.</summary>
internal sealed class MountInfoTarget : Target
{
    public override byte[][] Seeds { get; } =
    [
        Text(File.ReadAllText("/proc/self/mountinfo") + "\0" + File.ReadAllText("/proc/self/cgroup")),
        Text("30 1 0:1 / /sys/fs/cgroup\\040x rw shared:1 master:2 - cgroup2 c rw\n31 1 0:2 /a /c rw - cgroup c rw,cpu,cpuacct\n\00::/x\n3:cpu,cpuacct:/y\n"),
    ];

    public override string[] Words => [" - cgroup ", " - cgroup2 ", "\\040", "\\", ":", "\n", "0::/", "/../..", "name=systemd"];

    protected override void Parse(byte[] input)
    {
        string[] files = Encoding.UTF8.GetString(input).Split('\0', 2);
        CgroupLayout layout = CgroupLayout.Parse(files[0], files.Length > 1 ? files[1] : "0::/\n");
        Must(layout.Hierarchies.Count > 0 && layout.Hierarchies.All(h => h.Controllers != CgroupControllers.None), "a hierarchy without controllers");
    }
}

/// <summary>/proc/PID/stat: the name in it is the process's own choice.</summary>
internal sealed class ProcessStatTarget : Target
{
    public override byte[][] Seeds { get; } = [Text(File.ReadAllText("/proc/self/stat")), Text("1 (a) Z 3) S 1 1 1 0 -1 4 1 1 1 1 1 1 1 1 20 0 1 0 1234 1 1\n")];

    public override string[] Words => [")", ") ", " ", "18446744073709551616"];

    protected override void Parse(byte[] input)
    {
        if (!InitProcess.TryParseStat(input, out char code, out ulong start))
            Must(code == 'X' && start == 0, "a state without a verdict");
    }
}

/// <summary>Files of a cgroup as `events` reads them; a container that may write to its cgroup chooses some of them.</summary>
internal sealed class CgroupFileTarget : Target
{
    private static readonly string s_folder = AppContext.BaseDirectory.TrimEnd('/');

    public override byte[][] Seeds { get; } =
    [
        Text("cache 4096\nrss 18446744073709551615\n"), Text("8:0 Read 4096\n8:0 Write 1\nTotal 4097\n"), Text("0-2,5\n"), Text("mlx4_0 hca_handle=2 hca_object=max\n"),
        Text("some avg10=0.00 avg60=0.10 avg300=0.00 total=7\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"), Text("max\n"), Text("-1\n"),
    ];

    public override string[] Words => ["0-65535,", "0-18446744073709551615", ":", "=", " ", "\n", "max", "-"];

    protected override void Parse(byte[] input)
    {
        const string File = "cgroup-file";
        System.IO.File.WriteAllBytes(Path.Combine(s_folder, File), input[..Math.Min(input.Length, 4096)]);
        using var entry = new CgroupEntry("memory", CgroupControllers.Memory, s_folder);
        StatsReader.Range(entry, File, []);
        StatsReader.Blocks(entry, File, []);
        StatsReader.Rdma(entry, File, []);
        _ = StatsReader.Pressure(entry, File);
        _ = StatsReader.Number(entry, File);
        _ = CgroupIo.Keyed(Encoding.UTF8.GetString(input), "total");
    }
}

/// <summary>Datagrams of rtnetlink.</summary>
internal sealed class NetlinkTarget : Target
{
    public override byte[][] Seeds { get; } = [Address(4), Address(1), [.. Address(4), .. Address(4)]];

    public override string[] Words => ["\0\0\0\0", "\u0010\0\0\0", "\u0014\0"];

    protected override void Parse(byte[] input)
    {
        var reader = new MessageReader(input);
        int bytes = 0;
        while (reader.Next())
        {
            bytes += Unsafe.SizeOf<nlmsghdr>() + reader.Body.Length;
            _ = reader.Error;
            _ = SavedAddress.Read(reader, 2)?.ToString();
            if (!reader.TryRead(out ifinfomsg _, out AttributeReader attributes))
                continue;
            while (attributes.Next())
                Must(attributes.Value.Length < input.Length, "an attribute beyond the datagram");
        }
        Must(bytes <= input.Length, "messages beyond the datagram");
    }

    /// <summary>RTM_NEWADDR of interface 2 with flags of so many bytes and an address.</summary>
    private static byte[] Address(int flagBytes)
    {
        var body = new ifaddrmsg { ifa_index = 2, ifa_scope = 0, ifa_flags = 0x80, ifa_prefixlen = 24 };
        byte[] rest =
        [
            .. MemoryMarshal.AsBytes([body]), (byte)(4 + flagBytes), 0, (byte)Rtnetlink.IFA_FLAGS, 0, .. new byte[] { 0x80, 0, 0, 0 }.AsSpan(0, flagBytes), .. new byte[-flagBytes & 3],
            8, 0, (byte)Rtnetlink.IFA_LOCAL, 0, 10, 0, 0, 1,
        ];
        var header = new nlmsghdr { nlmsg_len = (uint)(Unsafe.SizeOf<nlmsghdr>() + rest.Length), nlmsg_type = Rtnetlink.RTM_NEWADDR };
        return [.. MemoryMarshal.AsBytes([header]), .. rest];
    }
}

/// <summary>Messages of a D-Bus peer.</summary>
internal sealed class DBusTarget : Target
{
    public override byte[][] Seeds { get; } = [Message("s", "text"), Message("", ""), [(byte)'B', .. Message("s", "x").AsSpan(1)]];

    public override string[] Words => ["l\u0002\0\u0001", "\u0008\u0001g\0\u0001s\0", "\0\0\0\0"];

    protected override void Parse(byte[] input)
    {
        int length = DBusMessage.LengthOf(input);
        if (length == 0 || length > input.Length)
            return;
        DBusMessage message = DBusMessage.Parse(input.AsSpan(0, length));
        DBusReader reader = message.Reader();
        foreach (char type in message.Signature)
            Read(ref reader, type);
        // What was understood can be said again.
        Must(DBusMessage.Parse(message.ToBytes()).Member == message.Member, "another member after a second writing");
    }

    private static void Read(ref DBusReader reader, char type)
    {
        if (type is 's' or 'o')
            _ = reader.ReadString();
        else if (type == 'g')
            _ = reader.ReadSignature();
        else if (type is 't' or 'x')
            _ = reader.ReadUInt64();
        else if (type == 'a')
            _ = reader.BeginArray(8);
        else
            _ = reader.ReadUInt32();
    }

    private static byte[] Message(string signature, string text)
    {
        var body = new DBusWriter();
        if (signature.Length > 0)
            body.WriteString(text);
        return new DBusMessage { Type = DBusMessageType.Signal, Serial = 1, ReplySerial = 2, Path = "/a", Interface = "b.c", Member = "d", Sender = ":1.1", Signature = signature, Body = body.Written.ToArray() }.ToBytes();
    }
}
