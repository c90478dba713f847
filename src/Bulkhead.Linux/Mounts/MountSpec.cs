#pragma warning disable CA1051 // a value that is built in place, field by field, through ref

namespace Bulkhead.Linux;

/// <summary>
/// What the fstab-like options of one mount come to, in the terms of both mount(2) and mount_setattr(2). Built up by
/// <see cref="MountOptions.TryApply"/>, option by option, in order.
/// </summary>
public struct MountSpec
{
    /// <summary>MS_* for mount(2), without propagation.</summary>
    public ulong Flags;

    /// <summary>MS_* that an option cleared by name ("rw", "suid"): a bind remount must not inherit them from the source.</summary>
    public ulong ClearedFlags;

    /// <summary>MOUNT_ATTR_* to set on the mount itself: the same request as <see cref="Flags"/>, for mount_setattr(2) or fsmount(2).</summary>
    public ulong AttrSet;

    /// <summary>MOUNT_ATTR_* to clear on the mount itself; MOUNT_ATTR__ATIME as a whole or not at all (mount_setattr(2): else EINVAL).</summary>
    public ulong AttrClr;

    /// <summary>MOUNT_ATTR_* for the mount and everything below (AT_RECURSIVE).</summary>
    public ulong RecAttrSet;

    public ulong RecAttrClr;

    /// <summary>One of MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE, with MS_REC for the r form; 0 when no option asks. The last one wins.</summary>
    public ulong Propagation;

    public bool Bind;

    /// <summary>rbind.</summary>
    public bool Recursive;

    /// <summary>idmap or ridmap.</summary>
    public bool IdMap;

    public bool RecursiveIdMap;

    /// <summary>tmpcopyup: the new tmpfs starts with what the image has at the destination.</summary>
    public bool TmpCopyUp;

    /// <summary>copy-symlink (crun): a source that is a symbolic link is copied, not followed.</summary>
    public bool CopySymlink;

    /// <summary>src-nofollow (crun): a source that is a symbolic link is bound itself.</summary>
    public bool SrcNoFollow;

    /// <summary>dest-nofollow (crun): a destination that is a symbolic link is mounted over itself.</summary>
    public bool DestNoFollow;
}
