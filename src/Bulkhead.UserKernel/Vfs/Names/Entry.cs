using System.Text;
using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Vfs.Names;

/// <summary>What a name in a directory of the host's stands for.</summary>
internal enum EntryKind : byte
{
    /// <summary>Nothing has this name.</summary>
    Absent,

    Directory,

    Link,

    File,

    /// <summary>A fifo, a socket or a device: a name for something of ours.</summary>
    Special,

    /// <summary>It was not looked at, as it is to be made: the host says what was there. Never in the table.</summary>
    Unseen,

    /// <summary>Of another tree: the kernel's own, or one that others may change. Nothing is known beneath it.</summary>
    Foreign,
}

/// <summary>A name that was looked at, and what is known of it (what Linux calls a dentry).</summary>
/// <param name="parent">The directory it is in; null: this is the root.</param>
/// <param name="name">With a NUL at its end, as system calls want it.</param>
/// <param name="hash">Of the name in its directory.</param>
internal sealed class Entry(Entry? parent, byte[] name, int hash)
{
    private string? path;
    private string? text;

    public Entry? Parent => parent;

    public byte[] Name => name;

    public int Hash => hash;

    public EntryKind Kind { get; set; }

    /// <summary>Where a link leads.</summary>
    public byte[]? Link { get; set; }

    /// <summary>As of <see cref="StatusTurn"/>.</summary>
    public stat Status;

    public long StatusTurn { get; set; }

    /// <summary>It was looked at itself, not only walked through.</summary>
    public bool IsSeen { get; set; }

    /// <summary>Of a directory: a bit for each user who may look for names in it, as of <see cref="SearchTurn"/>.</summary>
    public ulong Searchers { get; set; }

    public long SearchTurn { get; set; }

    /// <summary>On a read-only mount that nobody else changes: what was seen stays.</summary>
    public bool IsFixed { get; set; }

    /// <summary>Of a directory: a mount point lies somewhere beneath it.</summary>
    public bool HoldsMounts { get; set; }

    /// <summary>Of a directory: an O_PATH descriptor; below 0: none.</summary>
    public int Descriptor { get; set; } = -1;

    /// <summary>When the descriptor was last asked for.</summary>
    public long DescriptorTurn { get; set; }

    /// <summary>Of a regular file: open for reading from its start, and nobody has it.</summary>
    public Files.HostFile? Kept { get; set; }

    public bool IsForgotten { get; set; }

    /// <summary>The next one with the same hash.</summary>
    public Entry? Next { get; set; }

    /// <summary>Its name as a string of Latin-1; "." for the root.</summary>
    public string Text => text ??= parent is null ? "." : Encoding.Latin1.GetString(name, 0, name.Length - 1);

    /// <summary>Absolute, from the guest's root on.</summary>
    public string Path => path ??= parent is null ? "/" : parent.Parent is null ? "/" + Text : parent.Path + "/" + Text;
}
