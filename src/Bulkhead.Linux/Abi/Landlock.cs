// Mirrors <linux/landlock.h>.
using System.Runtime.InteropServices;

namespace Bulkhead.Linux.Abi;

public static class Landlock
{
    public const uint LANDLOCK_CREATE_RULESET_VERSION = 1;

    public const int LANDLOCK_RULE_PATH_BENEATH = 1;

    public const ulong LANDLOCK_ACCESS_FS_EXECUTE = 1ul << 0;
    public const ulong LANDLOCK_ACCESS_FS_WRITE_FILE = 1ul << 1;
    public const ulong LANDLOCK_ACCESS_FS_READ_FILE = 1ul << 2;
    public const ulong LANDLOCK_ACCESS_FS_READ_DIR = 1ul << 3;
    public const ulong LANDLOCK_ACCESS_FS_REMOVE_DIR = 1ul << 4;
    public const ulong LANDLOCK_ACCESS_FS_REMOVE_FILE = 1ul << 5;
    public const ulong LANDLOCK_ACCESS_FS_MAKE_CHAR = 1ul << 6;
    public const ulong LANDLOCK_ACCESS_FS_MAKE_DIR = 1ul << 7;
    public const ulong LANDLOCK_ACCESS_FS_MAKE_REG = 1ul << 8;
    public const ulong LANDLOCK_ACCESS_FS_MAKE_SOCK = 1ul << 9;
    public const ulong LANDLOCK_ACCESS_FS_MAKE_FIFO = 1ul << 10;
    public const ulong LANDLOCK_ACCESS_FS_MAKE_BLOCK = 1ul << 11;
    public const ulong LANDLOCK_ACCESS_FS_MAKE_SYM = 1ul << 12;
    public const ulong LANDLOCK_ACCESS_FS_REFER = 1ul << 13;
    public const ulong LANDLOCK_ACCESS_FS_TRUNCATE = 1ul << 14;
    public const ulong LANDLOCK_ACCESS_FS_IOCTL_DEV = 1ul << 15;

    public const ulong LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET = 1ul << 0;
}

/// <summary>What a ruleset handles: refused unless a rule allows it. A kernel that does not know a field yet takes the struct without it.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct landlock_ruleset_attr
{
    public ulong handled_access_fs;
    public ulong handled_access_net;
    public ulong scoped;
}

/// <summary>A rule: what is allowed at and below a file.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct landlock_path_beneath_attr
{
    public ulong allowed_access;
    public int parent_fd;
}
