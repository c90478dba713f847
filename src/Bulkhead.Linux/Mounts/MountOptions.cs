using System;
using static Bulkhead.Linux.Abi.Mount;

namespace Bulkhead.Linux;

/// <summary>
/// The fstab-like mount options of the OCI specification that runc 1.2 and crun know. The table is a switch over constants: it is
/// compiled into the code, so that nothing runs at start.
/// </summary>
public static class MountOptions
{
    // What an entry does, above the bits of MS_* (below 2^32) and MOUNT_ATTR_* (below 2^22).
    private const ulong Set = 1UL << 56;
    private const ulong Clear = 2UL << 56;
    private const ulong RecSet = 3UL << 56;
    private const ulong RecClear = 4UL << 56;
    private const ulong Propagate = 5UL << 56;
    private const ulong Extra = 6UL << 56;
    private const ulong Nothing = 7UL << 56;
    private const ulong KindMask = 0xffUL << 56;

    private const ulong ExtraTmpCopyUp = 1;
    private const ulong ExtraIdMap = 2;
    private const ulong ExtraRecursiveIdMap = 3;
    private const ulong ExtraCopySymlink = 4;
    private const ulong ExtraSrcNoFollow = 5;
    private const ulong ExtraDestNoFollow = 6;

    /// <summary>Applies an option that the table knows. False: it belongs to the file system's data string.</summary>
    public static bool TryApply(ReadOnlySpan<char> option, ref MountSpec spec)
    {
        ulong entry = Find(option);
        ulong value = entry & ~KindMask;
        switch (entry & KindMask)
        {
            case Set:
                ApplyFlag(value, ref spec);
                return true;
            case Clear:
                spec.Flags &= ~value;
                spec.ClearedFlags |= value;
                ClearAttr(ToAttr(value), ref spec.AttrSet, ref spec.AttrClr);
                return true;
            case RecSet:
                SetAttr(value, ref spec.RecAttrSet, ref spec.RecAttrClr);
                return true;
            case RecClear:
                ClearAttr(value, ref spec.RecAttrSet, ref spec.RecAttrClr);
                return true;
            case Propagate:
                spec.Propagation = value;
                return true;
            case Extra:
                ApplyExtra(value, ref spec);
                return true;
            default:
                return entry == Nothing;
        }
    }

    /// <summary>The MS_* of a rootfsPropagation value ("rslave"), 0 for an unknown one.</summary>
    public static ulong ParsePropagation(ReadOnlySpan<char> name)
    {
        ulong entry = Find(name);
        return (entry & KindMask) == Propagate ? entry & ~KindMask : 0;
    }

    /// <summary>
    /// "idmap=uids=0-1000-1;gids=..." and "ridmap=...": crun's form of an idmapped mount with its own ranges. Gives the text behind
    /// the first "=".
    /// </summary>
    public static bool TryInlineIdMap(ReadOnlySpan<char> option, out bool recursive, out ReadOnlySpan<char> map)
    {
        recursive = option.StartsWith("ridmap=", StringComparison.Ordinal);
        bool found = recursive || option.StartsWith("idmap=", StringComparison.Ordinal);
        map = found ? option[(option.IndexOf('=') + 1)..] : default;
        return found;
    }

    /// <summary>Every name in the table, sorted: what `features` prints.</summary>
    public static string[] KnownNames() =>
    [
        "async", "atime", "bind", "copy-symlink", "defaults", "dest-nofollow", "dev", "diratime", "dirsync", "exec", "idmap", "iversion",
        "lazytime", "loud", "mand", "noatime", "nodev", "nodiratime", "noexec", "noiversion", "nolazytime", "nomand", "norelatime",
        "nostrictatime", "nosuid", "nosymfollow", "private", "ratime", "rbind", "rdev", "rdiratime", "relatime", "remount", "rexec",
        "ridmap", "rnoatime", "rnodev", "rnodiratime", "rnoexec", "rnorelatime", "rnostrictatime", "rnosuid", "rnosymfollow", "ro",
        "rprivate", "rrelatime", "rro", "rrw", "rshared", "rslave", "rstrictatime", "rsuid", "rsymfollow", "runbindable", "rw", "shared",
        "silent", "slave", "src-nofollow", "strictatime", "suid", "symfollow", "sync", "tmpcopyup", "unbindable",
    ];

    private static ulong Find(ReadOnlySpan<char> option) => option switch
    {
        "defaults" => Nothing,
        "bind" => Set | MS_BIND,
        "rbind" => Set | MS_BIND | MS_REC,
        "remount" => Set | MS_REMOUNT,

        "ro" => Set | MS_RDONLY,
        "rw" => Clear | MS_RDONLY,
        "nosuid" => Set | MS_NOSUID,
        "suid" => Clear | MS_NOSUID,
        "nodev" => Set | MS_NODEV,
        "dev" => Clear | MS_NODEV,
        "noexec" => Set | MS_NOEXEC,
        "exec" => Clear | MS_NOEXEC,
        "sync" => Set | MS_SYNCHRONOUS,
        "async" => Clear | MS_SYNCHRONOUS,
        "dirsync" => Set | MS_DIRSYNC,
        "mand" => Set | MS_MANDLOCK,
        "nomand" => Clear | MS_MANDLOCK,
        "silent" => Set | MS_SILENT,
        "loud" => Clear | MS_SILENT,
        "iversion" => Set | MS_I_VERSION,
        "noiversion" => Clear | MS_I_VERSION,
        "lazytime" => Set | MS_LAZYTIME,
        "nolazytime" => Clear | MS_LAZYTIME,
        "noatime" => Set | MS_NOATIME,
        "atime" => Clear | MS_NOATIME,
        "nodiratime" => Set | MS_NODIRATIME,
        "diratime" => Clear | MS_NODIRATIME,
        "relatime" => Set | MS_RELATIME,
        "norelatime" => Clear | MS_RELATIME,
        "strictatime" => Set | MS_STRICTATIME,
        "nostrictatime" => Clear | MS_STRICTATIME,
        "nosymfollow" => Set | MS_NOSYMFOLLOW, // Linux 5.10
        "symfollow" => Clear | MS_NOSYMFOLLOW,

        "rro" => RecSet | MOUNT_ATTR_RDONLY,
        "rrw" => RecClear | MOUNT_ATTR_RDONLY,
        "rnosuid" => RecSet | MOUNT_ATTR_NOSUID,
        "rsuid" => RecClear | MOUNT_ATTR_NOSUID,
        "rnodev" => RecSet | MOUNT_ATTR_NODEV,
        "rdev" => RecClear | MOUNT_ATTR_NODEV,
        "rnoexec" => RecSet | MOUNT_ATTR_NOEXEC,
        "rexec" => RecClear | MOUNT_ATTR_NOEXEC,
        "rnodiratime" => RecSet | MOUNT_ATTR_NODIRATIME,
        "rdiratime" => RecClear | MOUNT_ATTR_NODIRATIME,
        "rnoatime" => RecSet | MOUNT_ATTR_NOATIME,
        "ratime" => RecClear | MOUNT_ATTR_NOATIME,
        "rrelatime" => RecSet | MOUNT_ATTR_RELATIME,
        "rnorelatime" => RecClear | MOUNT_ATTR_RELATIME,
        "rstrictatime" => RecSet | MOUNT_ATTR_STRICTATIME,
        "rnostrictatime" => RecClear | MOUNT_ATTR_STRICTATIME,
        "rnosymfollow" => RecSet | MOUNT_ATTR_NOSYMFOLLOW, // Linux 5.14
        "rsymfollow" => RecClear | MOUNT_ATTR_NOSYMFOLLOW,

        "private" => Propagate | MS_PRIVATE,
        "rprivate" => Propagate | MS_PRIVATE | MS_REC,
        "slave" => Propagate | MS_SLAVE,
        "rslave" => Propagate | MS_SLAVE | MS_REC,
        "shared" => Propagate | MS_SHARED,
        "rshared" => Propagate | MS_SHARED | MS_REC,
        "unbindable" => Propagate | MS_UNBINDABLE,
        "runbindable" => Propagate | MS_UNBINDABLE | MS_REC,

        "tmpcopyup" => Extra | ExtraTmpCopyUp,
        "idmap" => Extra | ExtraIdMap,
        "ridmap" => Extra | ExtraRecursiveIdMap,
        "copy-symlink" => Extra | ExtraCopySymlink,
        "src-nofollow" => Extra | ExtraSrcNoFollow,
        "dest-nofollow" => Extra | ExtraDestNoFollow,
        _ => 0,
    };

    private static void ApplyFlag(ulong flag, ref MountSpec spec)
    {
        spec.Flags |= flag;
        spec.ClearedFlags &= ~flag;
        if ((flag & MS_BIND) != 0)
        {
            spec.Bind = true;
            spec.Recursive |= (flag & MS_REC) != 0;
            return;
        }
        if ((flag & AttrFlags) != 0)
            SetAttr(ToAttr(flag), ref spec.AttrSet, ref spec.AttrClr);
    }

    private static void ApplyExtra(ulong extra, ref MountSpec spec)
    {
        switch (extra)
        {
            case ExtraTmpCopyUp:
                spec.TmpCopyUp = true;
                break;
            case ExtraIdMap:
                spec.IdMap = true;
                spec.RecursiveIdMap = false;
                break;
            case ExtraRecursiveIdMap:
                spec.IdMap = spec.RecursiveIdMap = true;
                break;
            case ExtraCopySymlink:
                spec.CopySymlink = true;
                break;
            case ExtraSrcNoFollow:
                spec.SrcNoFollow = true;
                break;
            default:
                spec.DestNoFollow = true;
                break;
        }
    }

    /// <summary>The flags that belong to the mount; the others belong to the superblock, which mount_setattr(2) cannot change.</summary>
    private const ulong AttrFlags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME | MS_NOSYMFOLLOW;

    private static ulong ToAttr(ulong flag) => flag switch
    {
        MS_RDONLY => MOUNT_ATTR_RDONLY,
        MS_NOSUID => MOUNT_ATTR_NOSUID,
        MS_NODEV => MOUNT_ATTR_NODEV,
        MS_NOEXEC => MOUNT_ATTR_NOEXEC,
        MS_NODIRATIME => MOUNT_ATTR_NODIRATIME,
        MS_NOATIME => MOUNT_ATTR_NOATIME,
        MS_RELATIME => MOUNT_ATTR_RELATIME,
        MS_STRICTATIME => MOUNT_ATTR_STRICTATIME,
        MS_NOSYMFOLLOW => MOUNT_ATTR_NOSYMFOLLOW,
        _ => None,
    };

    /// <summary>No attribute at all; MOUNT_ATTR_RELATIME is 0.</summary>
    private const ulong None = ulong.MaxValue;

    // The access times are one enum in three bits: mount_setattr(2) wants the whole field in attr_clr when it changes.
    private static bool IsAccessTime(ulong attr) => (attr & MOUNT_ATTR__ATIME) == attr;

    private static void SetAttr(ulong attr, ref ulong set, ref ulong clear)
    {
        if (IsAccessTime(attr))
        {
            set = (set & ~MOUNT_ATTR__ATIME) | attr;
            clear |= MOUNT_ATTR__ATIME;
            return;
        }
        set |= attr;
        clear &= ~attr;
    }

    private static void ClearAttr(ulong attr, ref ulong set, ref ulong clear)
    {
        if (attr == None)
            return;
        set &= ~attr;
        clear |= IsAccessTime(attr) ? MOUNT_ATTR__ATIME : attr;
    }
}
