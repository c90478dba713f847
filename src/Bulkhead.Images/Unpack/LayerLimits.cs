namespace Bulkhead.Images.Unpack;

/// <summary>What a layer may ask of the machine at most. Each bound lies far above every layer that was seen, and below what hurts: a stranger wrote the tar.</summary>
public sealed record LayerLimits
{
    public static LayerLimits Default { get; } = new();

    /// <summary>Bytes of files together: the disk ends earlier, but not every disk is ours alone.</summary>
    public long Bytes { get; init; } = 256L << 30;

    /// <summary>Files cost inodes, which a file system has in one number for all. A large desktop has half a million files.</summary>
    public long Entries { get; init; } = 4_000_000;

    /// <summary>PATH_MAX without the NUL: no program could open a longer one.</summary>
    public int PathBytes { get; init; } = 4095;

    /// <summary>Directories below each other: walks of it must not exhaust descriptors or stacks of those who come after us. node_modules reaches about 60.</summary>
    public int Depth { get; init; } = 256;

    /// <summary>Bytes of directories' names together, which are kept until their times can be set: it bounds our memory.</summary>
    public long DirectoryNames { get; init; } = 48L << 20;

    /// <summary>Device nodes; an image with a whole /dev has about 200.</summary>
    public long Devices { get; init; } = 4096;

    /// <summary>Plain bytes for one packed byte, beyond <see cref="RatioFloor"/>: gzip reaches 1,032 and zstd more, on nothing but zeros; the best real layers reach 20.</summary>
    public long Ratio { get; init; } = 250;

    /// <summary>Plain bytes that any layer may unfold to, whatever its ratio.</summary>
    public long RatioFloor { get; init; } = 512L << 20;

    /// <summary>Bytes of one extended header, which is read as a whole.</summary>
    public int HeaderBytes { get; init; } = 1 << 20;

    /// <summary>Pieces of one sparse file, which are kept while it is written.</summary>
    public int SparsePieces { get; init; } = 1 << 18;
}
