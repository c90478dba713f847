// Mirrors <linux/magic.h> and what cgroup code needs of <sys/eventfd.h>, <sys/inotify.h> and <dirent.h>.
namespace Bulkhead.Linux.Abi;

public static class CgroupMagic
{
    public const long TMPFS_MAGIC = 0x01021994;
    public const long CGROUP_SUPER_MAGIC = 0x27e0eb;
    public const long CGROUP2_SUPER_MAGIC = 0x63677270;
}

public static class Eventfd
{
    public const int EFD_CLOEXEC = 0x80000;
    public const int EFD_NONBLOCK = 0x800;
}

public static class Inotify
{
    public const int IN_CLOEXEC = 0x80000;
    public const int IN_NONBLOCK = 0x800;
    public const uint IN_MODIFY = 0x2;
}

public static class Dirent
{
    public const byte DT_DIR = 4;
}
