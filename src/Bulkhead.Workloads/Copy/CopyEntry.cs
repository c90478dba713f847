using System.IO;

namespace Bulkhead.Workloads.Copy;

/// <summary>What can be copied: no devices, fifos or sockets.</summary>
public enum EntryKind
{
    File,
    Directory,
    SymbolicLink,
    HardLink,
}

/// <summary>One file on its way.</summary>
public sealed record CopyEntry
{
    /// <summary>Below what is copied, without "." and ".."; empty: that itself.</summary>
    public required string Path { get; init; }

    public required EntryKind Kind { get; init; }

    /// <summary>The permission bits, 07777.</summary>
    public uint Mode { get; init; }

    /// <summary>As seen on the side that it comes from.</summary>
    public uint Uid { get; init; }

    public uint Gid { get; init; }

    /// <summary>Seconds since 1970, and nanoseconds.</summary>
    public long Modified { get; init; }

    public long ModifiedNanoseconds { get; init; }

    /// <summary>Bytes of a file.</summary>
    public long Size { get; init; }

    /// <summary>A symbolic link's text; a hard link's first name.</summary>
    public string Target { get; init; } = "";

    /// <summary>A file's bytes; valid until the next entry is taken.</summary>
    public Stream? Content { get; init; }
}

/// <summary>Where entries go to.</summary>
public interface IEntrySink
{
    void Put(CopyEntry entry);

    /// <summary>After the last entry.</summary>
    void Finish();
}
