using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.Images.Tests;

/// <summary>A real tree beside what GNU tar makes of the same tar: every stat, link, attribute and byte.</summary>
public sealed class DebianLayerTests
{
    [Fact]
    public void A_layer_of_Debian_is_what_tar_makes_of_it()
    {
        using var folder = new TempFolder("deb");
        string source = Command.Run(Repository.Root + "/eng/make-rootfs.sh", "debian").Ok().Trim();
        string tar = folder["debian.tar"];
        Command.Run("tar", "-C", source, "--format=pax", "--xattrs", "-cf", tar, ".").Ok();
        string tree = Tars.Unpack(folder["store"], File.ReadAllBytes(tar));
        string peer = folder.Make("peer");
        Command.Run("tar", "-C", peer, "--xattrs", "--numeric-owner", "-xpf", tar).Ok();
        Assert.Equal(Trees.List(peer), Trees.List(tree));
    }
}
