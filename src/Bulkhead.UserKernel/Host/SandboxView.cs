using System;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Host;

/// <summary>
/// What the sandbox around the kernel is, by the host's /proc in it: ids, names and clocks, as a process of a hardened container sees them. Read
/// before the wall.
/// </summary>
internal sealed unsafe class SandboxView
{
    private const int NameSize = 65, NodeName = 1, DomainName = 5, Names = 6, Most = 1 << 20;
    private const string AllIds = "         0          0 4294967295\n", NoOffsets = "monotonic           0         0\nboottime            0         0\n";

    public SandboxView()
    {
        byte* names = stackalloc byte[NameSize * Names];
        Sys.Direct(SysNr.uname, (nint)names);
        Hostname = Text(names, NodeName);
        Domainname = Text(names, DomainName);
        UidMap = Read("uid_map") ?? AllIds;
        GidMap = Read("gid_map") ?? AllIds;
        TimeOffsets = Read("timens_offsets") ?? NoOffsets;
    }

    public string Hostname { get; }

    public string Domainname { get; }

    public string UidMap { get; }

    public string GidMap { get; }

    /// <summary>As time_namespaces(7) has /proc/PID/timens_offsets.</summary>
    public string TimeOffsets { get; }

    public bool HasBootOffset => TimeOffsets.Split('\n') is [_, { } boot, ..] && boot.AsSpan().IndexOfAnyInRange('1', '9') >= 0;

    private static string Text(byte* names, int which)
    {
        var name = new ReadOnlySpan<byte>(names + (which * NameSize), NameSize);
        int end = name.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? name : name[..end]);
    }

    private static Fd? Open(string name) => Sys.OpenAt(Fd.Cwd, "/proc/self/" + name, Fcntl.O_RDONLY) is { Ok: true } opened ? opened.Value : null;

    private static string? Read(string name)
    {
        using Fd? file = Open(name);
        return file is null ? null : Read(file);
    }

    private static string? Read(Fd file)
    {
        byte[] bytes = new byte[8192];
        for (int length = 0; ;)
        {
            Result<int> count = Sys.ReadAt(file, bytes.AsSpan(length), length);
            if (!count.Ok)
                return null;
            length += count.Value;
            if (count.Value == 0 || length >= Most)
                return Encoding.Latin1.GetString(bytes, 0, length);
            if (length == bytes.Length)
                Array.Resize(ref bytes, bytes.Length * 2);
        }
    }
}
