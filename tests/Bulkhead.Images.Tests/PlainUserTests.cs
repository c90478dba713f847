using System;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.Images.Tests;

/// <summary>A store of a user who is not root.</summary>
public sealed class PlainUserTests : IDisposable
{
    private const string Uid = "61234";

    private readonly TempFolder _folder = new("user");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_layer_is_unpacked_without_what_root_alone_may_make_and_removed_again()
    {
        byte[] tar = new TarBuilder().File("a", "x").Device('3', "null", 1, 3).Directory("ro", header => TarBuilder.Octal(header, 100, 8, 0x16D)).File("ro/in", "y").File(".wh.gone")
            .Directory("none", header => TarBuilder.Octal(header, 100, 8, 0)).File("none/in/deep", "z").Directory("o").File("o/.wh..wh..opq")
            .Pax(("SCHILY.xattr.user.mine", "m"), ("SCHILY.xattr.security.capability", LayerTests.Capability)).File("b", "x").Done();
        Digest diffId = Digest.Of(tar);
        string file = _folder["tar"], root = _folder["store"];
        File.WriteAllBytes(file, tar);
        Command.Run("chown", Uid, _folder.FullPath).Ok();
        Child("unpack", root, file, diffId.Text);
        string tree = root + "/layers/" + diffId.Hex + "/tree";
        Assert.Equal("0:0 555 " + Uid, Command.Run("bash", "-c", "stat -c %t:%T \"$1\"/gone; stat -c '%a %u' \"$1\"/ro", "x", tree).Ok().Trim().Replace('\n', ' '));
        Assert.Contains("user.overlay.opaque=\"y\"", Command.Run("getfattr", "-d", "-m", "-", "--absolute-names", tree + "/o").Ok());
        Assert.False(File.Exists(tree + "/null"));
        string record = File.ReadAllText(root + "/layers/" + diffId.Hex + "/layer.json");
        foreach (string count in new[] { "\"devices\": 1", "\"owners\": 7", "\"attributes\": 1" })
            Assert.Contains(count, record);
        Child("collect", root, file, Digest.Of([1]).Text);
        Assert.Empty(Directory.GetFileSystemEntries(root + "/layers"));
    }

    private static void Child(params string[] words) =>
        Command.Run(["setpriv", "--reuid", Uid, "--regid", Uid, "--clear-groups", Program.Path, "child", .. words], null, null).Ok();
}
