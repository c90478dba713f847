using System;
using System.IO;
using System.Linq;
using System.Text;
using Bulkhead.Images.Store;
using Bulkhead.TestSupport;

namespace Bulkhead.Images.Tests;

/// <summary>What a layer's entries become.</summary>
public sealed class LayerTests : IDisposable
{
    /// <summary>vfs_cap_data of version 2 (capabilities(7)), whose bytes are all below 0x80.</summary>
    public const string Capability = "\u0001\0\0\u0002\0\u0004\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

    private readonly TempFolder _folder = new("layer");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Names_stay_inside_however_they_are_written()
    {
        string tree = Unpack(new TarBuilder().File("/absolute", "1").File("./a/./b//c", "2").Directory("a/x").File("a/x/../d", "3").Link("up", "../../..").File("up/inside", "4").Link("etc2", "/etc")
            .Directory("etc").File("etc2/passwd", "5"));
        Assert.Equal(["1", "2", "3", "4", "5"], new[] { "absolute", "a/b/c", "a/d", "inside", "etc/passwd" }.Select(name => File.ReadAllText(tree + "/" + name)));
    }

    [Fact]
    public void A_link_that_is_swapped_for_a_directory_or_another_link_leads_nowhere_else()
    {
        string tree = Unpack(new TarBuilder().Directory("a").Link("l", "a").File("l/one", "1").Link("l", "/tmp").Directory("tmp").File("l/two", "2").Directory("l").File("l/three", "3"));
        Assert.Equal("1", File.ReadAllText(tree + "/a/one"));
        Assert.Equal("2", File.ReadAllText(tree + "/tmp/two"));
        Assert.Equal("3", File.ReadAllText(tree + "/l/three"));
        Assert.Null(new DirectoryInfo(tree + "/l").LinkTarget);
    }

    [Fact]
    public void A_file_is_never_written_through_what_stands_there()
    {
        string tree = Unpack(new TarBuilder().File("victim", "kept").Link("l", "victim").File("l", "new").HardLink("h", "victim").File("h", "other"));
        Assert.Equal("kept", File.ReadAllText(tree + "/victim"));
        Assert.Equal("new", File.ReadAllText(tree + "/l"));
        Assert.Equal("other", File.ReadAllText(tree + "/h"));
    }

    [Fact]
    public void The_last_of_several_entries_wins()
    {
        string tree = Unpack(new TarBuilder().File("a", "1").File("a", "2").Directory("d").File("d/x", "x").File("d", "file").Directory("e").File("e/kept", "k").Directory("e").File("f", "x").Directory("f").File("f/y", "y"));
        Assert.Equal("2", File.ReadAllText(tree + "/a"));
        Assert.Equal("file", File.ReadAllText(tree + "/d"));
        Assert.Equal("k", File.ReadAllText(tree + "/e/kept"));
        Assert.Equal("y", File.ReadAllText(tree + "/f/y"));
    }

    [Fact]
    public void Missing_parents_are_made_for_root_with_0755()
    {
        string tree = Unpack(new TarBuilder().File("a/b/c", "x"));
        Assert.Equal("755 0:0", Command.Run("stat", "-c", "%a %u:%g", tree + "/a/b").Ok().Trim());
    }

    [Fact]
    public void Whiteouts_hide_lower_layers_only()
    {
        string tree = Unpack(new TarBuilder().File(".wh.gone").File("kept", "k").File(".wh.kept").File(".wh.later").File("later", "l").Directory("dir").File("dir/x", "x").File(".wh.dir")
            .File(".wh.dir2").Directory("dir2").File(".wh.dir3").File("dir3/y", "y").Directory("opaque").File("opaque/mine", "m").File("opaque/.wh..wh..opq").File(".wh..wh.plnk"));
        Assert.Equal("0:0 character special file", Command.Run("stat", "-c", "%t:%T %F", tree + "/gone").Ok().Trim());
        Assert.Equal("k", File.ReadAllText(tree + "/kept"));
        Assert.Equal("l", File.ReadAllText(tree + "/later"));
        Assert.Equal("y", File.ReadAllText(tree + "/dir3/y"));
        foreach (string opaque in new[] { "dir", "dir2", "dir3", "opaque" })
        {
            string attributes = Command.Run("getfattr", "-d", "-m", "-", "--absolute-names", tree + "/" + opaque).Ok();
            Assert.Contains("trusted.overlay.opaque=\"y\"", attributes);
            Assert.Contains("user.overlay.opaque=\"y\"", attributes);
        }
        Assert.Equal(["dir", "dir2", "dir3", "gone", "kept", "later", "opaque"], Directory.GetFileSystemEntries(tree).Select(p => Path.GetFileName(p)!).Order(StringComparer.Ordinal));
    }

    /// <summary>The real overlayfs, over two layers.</summary>
    [Fact]
    public void Overlayfs_reads_the_whiteouts()
    {
        string lower = Unpack(new TarBuilder().File("gone", "x").Directory("dir").File("dir/low", "l").Directory("opaque").File("opaque/low", "l").File("kept", "k"));
        string upper = Unpack(new TarBuilder().File(".wh.gone").File(".wh.dir").Directory("dir").File("dir/high", "h").Directory("opaque").File("opaque/.wh..wh..opq").File("opaque/high", "h"));
        string seen = Command.Run("unshare", "-m", "bash", "-c", """mount -t overlay -o "ro,lowerdir=$1:$2" overlay "$3" && cd "$3" && find . -mindepth 1 | LC_ALL=C sort | tr '\n' ' '""",
            "x", upper, lower, _folder.Make("mount")).Ok();
        Assert.Equal("./dir ./dir/high ./kept ./opaque ./opaque/high ", seen);
    }

    [Fact]
    public void Attributes_are_taken_by_an_allow_list()
    {
        string tree = Unpack(new TarBuilder().Pax(("SCHILY.xattr.user.mine", "m"), ("SCHILY.xattr.user.overlay.opaque", "y"), ("SCHILY.xattr.user.overlay.redirect", "/x"), ("SCHILY.xattr.trusted.overlay.opaque", "y"),
            ("SCHILY.xattr.trusted.x", "y"), ("SCHILY.xattr.security.selinux", "s"), ("SCHILY.xattr.security.capability", Capability)).File("a", "x"));
        Assert.Equal(["security.capability", "user.mine"], Command.Run("bash", "-c", "getfattr -d -m - --absolute-names \"$1\" | sed -n 's/=.*//p'", "x", tree + "/a").Ok().Trim().Split('\n'));
        Assert.Equal(5, new LayerStore(_folder["store"]).Record(DiffIdOf(tree))!.LeftOut.Attributes);
    }

    [Fact]
    public void Modes_owners_and_times_are_the_tars()
    {
        string tree = Unpack(new TarBuilder().Pax(("mtime", "1234567890.123456789"), ("uid", "4000000000"), ("gid", "7")).File("a", "x", header => TarBuilder.Octal(header, 100, 8, 0xDFF))
            .Pax(("mtime", "-1.5")).Directory("d", header => TarBuilder.Octal(header, 100, 8, 0x3C0)).File("d/in", "x").File("b", "x", header => TarBuilder.Binary(header, 136, 12, -3)));
        Assert.Equal("6777 4000000000:7 1234567890.123456789", Command.Run("stat", "-c", "%a %u:%g %.9Y", tree + "/a").Ok().Trim());
        // find shows the two fields of struct timespec: 2 s before the epoch, and half a second on.
        Assert.Equal("1700 -2.500000000", Command.Run("bash", "-c", "stat -c '%a ' \"$1\"; find \"$1\" -maxdepth 0 -printf '%T@'", "x", tree + "/d").Ok().Replace("\n", "", StringComparison.Ordinal)[..17]);
        Assert.Equal("-3", Command.Run("stat", "-c", "%Y", tree + "/b").Ok().Trim());
    }

    [Fact]
    public void Devices_fifos_and_long_and_odd_names()
    {
        string longName = string.Join('/', Enumerable.Repeat(new string('n', 200), 20));
        string odd = "new\nline\u0001\u00ff";
        byte[] latin = [.. "caf"u8, 0xE9];
        string tree = Unpack(new TarBuilder().Device('3', "null", 1, 3).Device('4', "disk", 8, 300).Device('6', "fifo", 0, 0).Pax(("path", longName)).File("x", "long").Pax(("path", odd)).File("x", "odd")
            .Raw('L', "././@LongLink", [.. Encoding.ASCII.GetBytes(new string('g', 200)), 0]).File("x", "gnu").File(Encoding.Latin1.GetString(latin), "latin"));
        Assert.Equal("1:3 8:12c 0:0", Command.Run("stat", "-c", "%t:%T", tree + "/null", tree + "/disk", tree + "/fifo").Ok().Trim().Replace('\n', ' '));
        Assert.Equal("long", Command.Run("bash", "-c", "cd \"$1\" && cat \"$2\"", "x", tree, longName).Ok());
        Assert.Equal("odd", File.ReadAllText(tree + "/" + odd));
        Assert.Equal("gnu", File.ReadAllText(tree + "/" + new string('g', 200)));
        Assert.Equal("latin", Command.Run("bash", "-c", "cat \"$1\"/$'caf\\xe9'", "x", tree).Ok());
        // Removal knows such names too.
        Bulkhead.Linux.Trees.Remove(tree);
        Assert.False(Directory.Exists(tree));
    }

    [Theory]
    [InlineData("")]
    [InlineData("0.0")]
    [InlineData("0.1")]
    [InlineData("1.0")]
    public void Sparse_files_of_every_form_keep_their_holes(string version)
    {
        string made = _folder.Make("made");
        Command.Run("bash", "-c", "cd \"$1\" && truncate -s 100M s && for i in $(seq 0 2 60); do printf data$i | dd of=s bs=1M seek=$i conv=notrunc status=none; done; truncate -s 3M hole", "x", made).Ok();
        string[] options = version.Length == 0 ? ["--format=gnu", "-S"] : ["--format=pax", "-S", "--sparse-version=" + version];
        string tree = Tars.Unpack(_folder["store"], Tars.Of(made, options));
        Command.Run("cmp", made + "/s", tree + "/s").Ok();
        Command.Run("cmp", made + "/hole", tree + "/hole").Ok();
        Assert.True(long.Parse(Command.Run("stat", "-c", "%b", tree + "/s").Ok(), System.Globalization.CultureInfo.InvariantCulture) * 512 < 4 << 20);
    }

    [Fact]
    public void A_global_header_means_nothing()
    {
        byte[] tar = new TarBuilder().Raw('g', "g", "12 path=bcd\n"u8.ToArray()).File("a", "x").Done();
        Assert.True(File.Exists(Tars.Unpack(_folder["store"], tar) + "/a"));
    }

    [Fact]
    public void A_hundred_thousand_entries()
    {
        var tar = new TarBuilder();
        for (int i = 0; i < 100_000; i++)
            tar.File("d" + (i % 100) + "/f" + i);
        using var fast = new TempFolder("many", inMemory: true);
        string tree = Tars.Unpack(fast["store"], tar.Done());
        Assert.Equal("100000", Command.Run("bash", "-c", "find \"$1\" -type f | wc -l", "x", tree).Ok().Trim());
        Assert.Equal(100_000, new LayerStore(fast["store"]).Record(Digest.Of(tar.Done()))!.Entries);
    }

    private string Unpack(TarBuilder tar) => Tars.Unpack(_folder["store"], tar.Done());

    private static Digest DiffIdOf(string tree) => Digest.Parse("sha256:" + Path.GetFileName(Path.GetDirectoryName(tree)), "test");
}
