using System.Linq;

namespace Bulkhead.Folders;

/// <summary>A file system that folders lie on.</summary>
/// <param name="Name">Its type, and the name of its mount point.</param>
/// <param name="Mount">Shell: makes and mounts it; a loop device goes with its last mount.</param>
/// <param name="Maps">Whether this kernel can idmap it.</param>
public sealed record FileSystem(string Name, string Mount, bool Maps)
{
    public static readonly FileSystem[] All =
    [
        OnDisk("ext4"),
        OnDisk("xfs"),
        OnDisk("btrfs"),
        new("tmpfs", "mount -t tmpfs -o mode=755 t tmpfs", true),
        new("overlay", "mkdir -p o/l o/u o/w; mount -t overlay -o lowerdir=o/l,upperdir=o/u,workdir=o/w o overlay", false),
        new("ramfs", "mount -t ramfs r ramfs; chmod 755 ramfs", false),
    ];

    public static string[] Mapped { get; } = All.Where(system => system.Maps).Select(system => system.Name).ToArray();

    public static string[] Refused { get; } = All.Where(system => !system.Maps).Select(system => system.Name).ToArray();

    /// <summary>320 MB: mkfs.xfs makes nothing below 300.</summary>
    private static FileSystem OnDisk(string name) =>
        new(name, $"truncate -s 320M {name}.img; mkfs.{name} -q {name}.img; mount -t {name} -o loop {name}.img {name}; chmod 755 {name}", true);
}
