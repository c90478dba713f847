using System;
using static Bulkhead.Linux.Abi.Mount;

namespace Bulkhead.Linux.Tests.Mounts;

public sealed class MountOptionsTests
{
    private static MountSpec Apply(params string[] options)
    {
        MountSpec spec = default;
        foreach (string option in options)
            Assert.True(MountOptions.TryApply(option, ref spec), option);
        return spec;
    }

    [Fact]
    public void Every_listed_name_is_in_the_table_and_the_list_is_sorted()
    {
        string[] names = MountOptions.KnownNames();
        foreach (string name in names)
            Apply(name);
        string[] sorted = [.. names];
        Array.Sort(sorted, StringComparer.Ordinal);
        Assert.Equal(sorted, names);
    }

    [Theory]
    [InlineData("size=65536k")]
    [InlineData("mode=755")]
    [InlineData("acl")]
    [InlineData("")]
    [InlineData("RO")]
    [InlineData("rsync")]
    public void What_the_table_does_not_know_is_data(string option)
    {
        MountSpec spec = default;
        Assert.False(MountOptions.TryApply(option, ref spec));
        Assert.Equal(default, spec);
    }

    [Fact]
    public void The_later_of_two_opposites_wins()
    {
        MountSpec spec = Apply("ro", "nosuid", "rw");
        Assert.Equal(MS_NOSUID, spec.Flags);
        Assert.Equal(MS_RDONLY, spec.ClearedFlags);
        Assert.Equal(MOUNT_ATTR_NOSUID, spec.AttrSet);
        Assert.Equal(MOUNT_ATTR_RDONLY, spec.AttrClr);
        Assert.Equal(0UL, Apply("rw", "ro").ClearedFlags);
    }

    [Fact]
    public void An_access_time_option_replaces_the_whole_field()
    {
        MountSpec spec = Apply("strictatime", "noatime");
        Assert.Equal(MOUNT_ATTR_NOATIME, spec.AttrSet);
        Assert.Equal(MOUNT_ATTR__ATIME, spec.AttrClr);
        MountSpec recursive = Apply("rnoatime", "ratime");
        Assert.Equal(0UL, recursive.RecAttrSet);
        Assert.Equal(MOUNT_ATTR__ATIME, recursive.RecAttrClr);
    }

    [Fact]
    public void Recursive_attributes_stay_apart_from_the_mount_s_own()
    {
        MountSpec spec = Apply("rbind", "rro", "rnosuid", "rsuid");
        Assert.True(spec.Bind && spec.Recursive);
        Assert.Equal(MS_BIND | MS_REC, spec.Flags);
        Assert.Equal(MOUNT_ATTR_RDONLY, spec.RecAttrSet);
        Assert.Equal(MOUNT_ATTR_NOSUID, spec.RecAttrClr);
        Assert.Equal(0UL, spec.AttrSet | spec.AttrClr);
    }

    [Fact]
    public void Flags_of_the_superblock_are_no_attributes()
    {
        MountSpec spec = Apply("sync", "dirsync", "mand", "lazytime", "silent", "iversion");
        Assert.Equal(MS_SYNCHRONOUS | MS_DIRSYNC | MS_MANDLOCK | MS_LAZYTIME | MS_SILENT | MS_I_VERSION, spec.Flags);
        Assert.Equal(0UL, spec.AttrSet | spec.AttrClr);
        Assert.Equal(0UL, Apply("async", "loud").AttrClr);
    }

    [Theory]
    [InlineData("private", MS_PRIVATE)]
    [InlineData("rslave", MS_SLAVE | MS_REC)]
    [InlineData("shared", MS_SHARED)]
    [InlineData("runbindable", MS_UNBINDABLE | MS_REC)]
    [InlineData("ro", 0)]
    [InlineData("", 0)]
    public void Propagation_has_its_own_names(string name, ulong expected) => Assert.Equal(expected, MountOptions.ParsePropagation(name));

    [Fact]
    public void The_rest_sets_its_own_field()
    {
        MountSpec spec = Apply("tmpcopyup", "ridmap", "copy-symlink", "src-nofollow", "dest-nofollow");
        Assert.True(spec.TmpCopyUp && spec.IdMap && spec.RecursiveIdMap && spec.CopySymlink && spec.SrcNoFollow && spec.DestNoFollow);
        Assert.False(Apply("ridmap", "idmap").RecursiveIdMap);
    }

    [Theory]
    [InlineData("idmap=uids=0-1000-1;gids=0-1000-1", true, false, "uids=0-1000-1;gids=0-1000-1")]
    [InlineData("ridmap=uids=@1-2-3", true, true, "uids=@1-2-3")]
    [InlineData("idmap", false, false, "")]
    public void An_inline_idmap_gives_its_text(string option, bool found, bool recursive, string text)
    {
        Assert.Equal(found, MountOptions.TryInlineIdMap(option, out bool isRecursive, out ReadOnlySpan<char> map));
        Assert.Equal(recursive, isRecursive);
        Assert.Equal(text, map.ToString());
    }
}
