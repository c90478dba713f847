using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

public static unsafe partial class Sys
{
    /// <summary>open_tree(2), always close-on-exec. <paramref name="flags"/>: OPEN_TREE_CLONE, AT_RECURSIVE, AT_EMPTY_PATH ...</summary>
    public static Result<Fd> OpenTree(Fd dir, string path, int flags)
    {
        fixed (byte* p = Z(path))
            return ToFd(Raw(SysNr.open_tree, dir.Value, (nint)p, flags | Mount.OPEN_TREE_CLOEXEC));
    }

    /// <summary>mount_setattr(2) on the mount (tree) that <paramref name="mount"/> stands for.</summary>
    public static Errno MountSetAttr(Fd mount, in mount_attr attributes, bool recursive)
    {
        byte empty = 0;
        fixed (mount_attr* p = &attributes)
        {
            int flags = Abi.Fcntl.AT_EMPTY_PATH | (recursive ? Abi.Fcntl.AT_RECURSIVE : 0);
            return ToErrno(Raw(SysNr.mount_setattr, mount.Value, (nint)(&empty), flags, (nint)p, sizeof(mount_attr)));
        }
    }

    /// <summary>fstatfs(2): the file system's magic number (linux/magic.h).</summary>
    public static Result<long> FileSystemMagic(Fd fd)
    {
        const int StatfsSize = 120;
        long* buffer = stackalloc long[StatfsSize / sizeof(long)];
        Errno error = ToErrno(Raw(SysNr.fstatfs, fd.Value, (nint)buffer));
        return error == Errno.None ? buffer[0] : error;
    }

    /// <summary>fsopen(2), close-on-exec.</summary>
    public static Result<Fd> FsOpen(string type)
    {
        fixed (byte* p = Z(type))
            return ToFd(Raw(SysNr.fsopen, (nint)p, Mount.FSOPEN_CLOEXEC));
    }

    /// <summary>fsconfig(2): FSCONFIG_SET_STRING, or FSCONFIG_SET_FLAG for a null <paramref name="value"/>.</summary>
    public static Errno FsConfig(Fd context, string key, string? value)
    {
        fixed (byte* p = Z(key), q = Z(value ?? ""))
        {
            int command = value is null ? Mount.FSCONFIG_SET_FLAG : Mount.FSCONFIG_SET_STRING;
            return ToErrno(Raw(SysNr.fsconfig, context.Value, command, (nint)p, value is null ? 0 : (nint)q, 0));
        }
    }

    /// <summary>fsconfig(2) with FSCONFIG_CMD_CREATE, then fsmount(2): a detached mount with MOUNT_ATTR_* <paramref name="attributes"/>.</summary>
    public static Result<Fd> FsMount(Fd context, ulong attributes)
    {
        Errno error = ToErrno(Raw(SysNr.fsconfig, context.Value, Mount.FSCONFIG_CMD_CREATE, 0, 0, 0));
        return error == Errno.None ? ToFd(Raw(SysNr.fsmount, context.Value, Mount.FSMOUNT_CLOEXEC, (nint)attributes)) : error;
    }

    /// <summary>move_mount(2) of a detached mount onto a place, from descriptor to descriptor.</summary>
    public static Errno MoveMount(Fd mount, Fd place)
    {
        const int Flags = Abi.Mount.MOVE_MOUNT_F_EMPTY_PATH | Abi.Mount.MOVE_MOUNT_T_EMPTY_PATH;
        fixed (byte* empty = "\0"u8)
            return ToErrno(Raw(SysNr.move_mount, mount.Value, (nint)empty, place.Value, (nint)empty, Flags));
    }

    /// <summary>umount2(2). <paramref name="flags"/>: MNT_DETACH, UMOUNT_NOFOLLOW.</summary>
    public static Errno Unmount(string path, int flags)
    {
        fixed (byte* p = Z(path))
            return ToErrno(Raw(SysNr.umount2, (nint)p, flags));
    }
}
