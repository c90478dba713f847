using Bulkhead.UserKernel.Files;

namespace Bulkhead.UserKernel.Vfs;

/// <summary>Where a path leads: a node of the kernel's own, or a path of the host's beneath the root.</summary>
internal struct Target
{
    /// <summary>Absolute and normal: no ".", "..", double or trailing slash.</summary>
    public string Path;

    /// <summary>The same from <see cref="Directory"/> on, as openat2 wants it; null: from the root on.</summary>
    public string? Tail;

    /// <summary>The working directory or the descriptor that the path begins at, by which it is reached whatever lies above it.</summary>
    public OpenFile? Directory;

    /// <summary>One more than a descriptor of <see cref="Names.NameCache"/> that is used in the place of <see cref="Directory"/>; 0: none.</summary>
    public int Descriptor;

    /// <summary>What is known of it; null: nothing.</summary>
    public Names.Entry? Entry;

    public Node? Node;

    /// <summary>A descriptor that the path names itself: /proc/self/fd/N.</summary>
    public OpenFile? Open;

    /// <summary>No link lies on the way (but for the last part, where it is not followed).</summary>
    public bool IsResolved;

    /// <summary>It ended in a slash.</summary>
    public bool MustBeDirectory;

    /// <summary>Asked for: its last part need not be looked at, as it is to be made.</summary>
    public bool IsMade;

    /// <summary>The directory of the last part is a descriptor that is kept.</summary>
    public bool IsBorrowed;

    /// <summary>Its last part is "." or "..".</summary>
    public bool EndsInDots;

    public readonly bool IsHost => Node is null && Open is null;

    /// <summary>As openat2 beneath the root, or beneath <see cref="Directory"/>, wants it.</summary>
    public readonly string Relative => Tail ?? (Path.Length == 1 ? "." : Path[1..]);
}

/// <summary>RESOLVE_* of openat2(2) for one walk, and where it begins.</summary>
internal readonly record struct WalkScope(ulong Flags, string Start)
{
    public const ulong NoCrossing = 1, NoMagicLinks = 2, NoSymlinks = 4, Beneath = 8, InRoot = 0x10, Cached = 0x20, All = 0x3F;

    public bool Has(ulong flag) => (Flags & flag) != 0;

    public bool IsScoped => Has(Beneath | InRoot);
}
