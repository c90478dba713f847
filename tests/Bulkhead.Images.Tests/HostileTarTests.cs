using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Bulkhead.Images.Store;
using Bulkhead.Images.Unpack;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;
using Bulkhead.TestSupport;

namespace Bulkhead.Images.Tests;

/// <summary>Tars that lie: each is refused with a line that names the entry, nothing of it stays, nothing outside the store changes.</summary>
public sealed class HostileTarTests
{
    private static readonly string s_deep = string.Join('/', Enumerable.Repeat("d", 300));

    private static readonly (string Name, TarBuilder Tar, string Says)[] s_refused =
    [
        ("traversal", new TarBuilder().File("../outside", "x"), "../outside: the name '../outside' leads out of the layer"),
        ("traversal behind a directory", new TarBuilder().Directory("a").File("a/../../outside", "x"), "leads out of the layer"),
        ("traversal by pax", new TarBuilder().Pax(("path", "../outside")).File("a", "x"), "leads out of the layer"),
        ("traversal by a long name", new TarBuilder().Raw('L', "l", "../outside\0"u8.ToArray()).File("a", "x"), "leads out of the layer"),
        ("hard link out", new TarBuilder().HardLink("a", "../outside"), "a: the name '../outside' leads out of the layer"),
        ("hard link to a file of the host", new TarBuilder().HardLink("a", "/etc/passwd"), "a: it is a hard link to '/etc/passwd', which is no file of this layer"),
        ("hard link through a link out", new TarBuilder().Link("l", "/etc").HardLink("a", "l/passwd"), "a: it is a hard link to 'l/passwd', which is no file of this layer"),
        ("hard link to a directory", new TarBuilder().Directory("d").HardLink("a", "d"), "a: it is a hard link to 'd', which is no file of this layer"),
        ("hard link to the root", new TarBuilder().HardLink("a", "."), "which is no file of this layer"),
        ("file below a file", new TarBuilder().File("a", "x").File("a/b", "x"), "a is no directory, and an entry lies below it"),
        ("file below a link that leads nowhere", new TarBuilder().Link("l", "/nowhere").File("l/b", "x"), "l is a link to no directory of this layer, and an entry lies below it"),
        ("file below a link to itself", new TarBuilder().Link("l", "l").File("l/b", "x"), "open the directory l: too many levels of symbolic links"),
        ("root that is a file", new TarBuilder().File("./", "x"), "./: it stands for the root directory and is none"),
        ("empty name", new TarBuilder().File("", "x"), "an entry of the tar has no name"),
        ("NUL in a name", new TarBuilder().Pax(("path", "a\0b")).File("a", "x"), "the name 'a\\x00b' has a NUL in it"),
        ("NUL in a link", new TarBuilder().Pax(("linkpath", "a\0b")).Link("a", "x"), "the name 'a\\x00b' has a NUL in it"),
        ("name longer than a path", new TarBuilder().Pax(("path", new string('n', 5000))).File("a", "x"), "its name has 5000 bytes, 4095 at most"),
        ("part longer than a name", new TarBuilder().Pax(("path", new string('n', 300))).File("a", "x"), "file name too long"),
        ("too deep", new TarBuilder().Pax(("path", s_deep)).File("a", "x"), "it lies 300 directories deep, 256 at most"),
        ("negative size", new TarBuilder().File("a", "x", h => TarBuilder.Binary(h, 124, 12, -1)), "a: its size is negative"),
        ("negative size by pax", new TarBuilder().Pax(("size", "-1")).File("a", "x"), "a: its size is negative"),
        ("negative size of a header", new TarBuilder().Entry('L', "l", "", [], h => TarBuilder.Binary(h, 124, 12, -512)).File("a"), "l: its size is negative"),
        ("huge size", new TarBuilder().File("a", "x", h => TarBuilder.Binary(h, 124, 12, long.MaxValue)), "a: its size of 9223372036854775807 bytes is more than any disk has"),
        ("size beyond the limit", new TarBuilder().File("a", "x", h => TarBuilder.Binary(h, 124, 12, 1L << 50)), "a: the layer's files have more than 256 GiB together"),
        ("huge header", new TarBuilder().Entry('x', "p", "", [], h => TarBuilder.Octal(h, 124, 12, 1 << 30)), "an extended header of 1073741824 bytes: 1048576 at most"),
        ("size of more bits than 64", new TarBuilder().File("a", "x", h => { h.AsSpan(124, 12).Fill(0x7F); h[124] = 0xBF; }), "a: its size is no number"),
        ("size that is no number", new TarBuilder().File("a", "x", h => TarBuilder.Put(h, 124, 12, "12x4")), "a: its size is no number"),
        ("digit 8", new TarBuilder().File("a", "x", h => TarBuilder.Put(h, 100, 8, "0000648")), "a: its mode is no number"),
        ("uid -1", new TarBuilder().File("a", "x", h => TarBuilder.Binary(h, 108, 8, uint.MaxValue)), "a: its uid 4294967295 is none"),
        ("gid below 0", new TarBuilder().Pax(("gid", "-5")).File("a", "x"), "a: its gid -5 is none"),
        ("device that cannot be", new TarBuilder().Device('4', "a", 5000, 1), "a: there is no device 5000:1"),
        ("whiteout of nothing", new TarBuilder().File(".wh."), ".wh.: a whiteout of nothing"),
        ("whiteout of the directory above", new TarBuilder().Directory("d").File("d/.wh..."), "d/.wh...: a whiteout of nothing"),
        ("whiteout of the directory itself", new TarBuilder().Directory("d").File("d/.wh.."), "d/.wh..: a whiteout of nothing"),
        ("unknown type", new TarBuilder().Raw('M', "a", []), "a: entries of type 'M' are not for layers"),
        ("pax without an end", new TarBuilder().Raw('x', "p", "99 path=a\n"u8.ToArray()).File("a"), "the length of a record is wrong"),
        ("pax with a length of 0", new TarBuilder().Raw('x', "p", "0 path=a\n"u8.ToArray()).File("a"), "the length of a record is wrong"),
        ("pax without =", new TarBuilder().Raw('x', "p", "7 path\n"u8.ToArray()).File("a"), "a record is not KEY=VALUE"),
        ("pax without a key", new TarBuilder().Raw('x', "p", "6 =ab\n"u8.ToArray()).File("a"), "a record is not KEY=VALUE"),
        ("pax size that is no number", new TarBuilder().Pax(("size", "1e3")).File("a"), "'1e3' is no number"),
        ("pax time that is none", new TarBuilder().Pax(("mtime", "1.x")).File("a"), "mtime is no time"),
        ("attribute too long", new TarBuilder().Pax(("SCHILY.xattr.user." + new string('n', 300), "v")).File("a"), "is longer than a file can have"),
        ("sparse pieces that overlap", Sparse("0,5,3,5", 100, "0123456789"), "the map of a sparse file is damaged"),
        ("sparse piece beyond the end", Sparse("95,10", 100, "0123456789"), "the map of a sparse file is damaged"),
        ("sparse pieces of another length", Sparse("0,5", 100, "0123456789"), "the map of a sparse file is damaged"),
        ("sparse piece that overflows", Sparse("9223372036854775807,10", 100, "0123456789"), "the map of a sparse file is damaged"),
        ("sparse with a negative piece", Sparse("20,-10", 100, "0123456789"), "the map of a sparse file is damaged"),
        ("sparse without a size", new TarBuilder().Pax(("GNU.sparse.map", "0,1")).File("a", "x"), "a sparse file without its real size"),
        ("sparse of an unknown version", new TarBuilder().Pax(("GNU.sparse.major", "2"), ("GNU.sparse.minor", "0")).File("a", "x"), "a: a sparse file of a form that is not known"),
        ("sparse map without an end", new TarBuilder().Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "5")).File("a", "9\n0\n"), "a: the map of a sparse file is damaged"),
    ];

    public static IEnumerable<TheoryDataRow<string>> Refused => from row in s_refused select new TheoryDataRow<string>(row.Name);

    [Theory]
    [MemberData(nameof(Refused))]
    public void It_is_refused_by_name(string name)
    {
        (_, TarBuilder tar, string says) = s_refused.Single(row => row.Name == name);
        Refuse(tar.Done(), says);
    }

    [Fact]
    public void A_damaged_checksum_is_refused()
    {
        byte[] tar = new TarBuilder().File("a", "x").Done();
        tar[0]++;
        Refuse(tar, "the checksum of a header is wrong");
    }

    [Fact]
    public void A_block_of_zeros_between_entries_is_refused() =>
        Refuse([.. new TarBuilder().File("a").Cut(), .. new byte[512], .. new TarBuilder().File("b").Done()], "a block of zeros stands between the entries");

    [Theory]
    [InlineData(100)]
    [InlineData(512)]
    [InlineData(600)]
    [InlineData(1000)]
    public void A_tar_that_ends_too_early_is_refused(int length) => Refuse(new TarBuilder().File("a", new string('x', 600)).Done()[..length], "the tar ends in the middle of an entry");

    [Theory]
    [InlineData(LayerPacking.Gzip)]
    [InlineData(LayerPacking.Zstd)]
    public void Packed_layers_that_end_too_early_or_are_damaged_are_refused(LayerPacking packing)
    {
        byte[] plain = new TarBuilder().File("a", string.Concat(Enumerable.Range(0, 9999).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)))).Done();
        byte[] packed = packing == LayerPacking.Gzip ? Tars.Gzip(plain) : Tars.Zstd(plain), damaged = [.. packed];
        damaged[packed.Length / 2] ^= 0x55;
        Refuse(packed[..(packed.Length / 2)], "", packing, Digest.Of(plain));
        Refuse(damaged, "", packing, Digest.Of(plain));
        Refuse("no layer at all"u8.ToArray(), "", packing, Digest.Of(plain));
    }

    [Theory]
    [InlineData(LayerPacking.Gzip)]
    [InlineData(LayerPacking.Zstd)]
    public void A_bomb_is_refused_by_its_ratio(LayerPacking packing)
    {
        byte[] plain = new TarBuilder().Entry('0', "zeros", "", new byte[64 << 20]).Done();
        byte[] packed = packing == LayerPacking.Gzip ? Tars.Gzip(plain) : Tars.Zstd(plain);
        // As small as a test can be: the ratio is what is tried.
        LayerLimits limits = LayerLimits.Default with { RatioFloor = 1 << 20, Ratio = 100 };
        Refuse(packed, "it is refused as a decompression bomb", packing, Digest.Of(plain), limits);
    }

    [Theory]
    [InlineData("entries", "the layer has more than 3 entries")]
    [InlineData("devices", "d: the layer has more than 3 devices")]
    [InlineData("names", "the layer's directories have names of more than 0 MiB together")]
    public void Each_limit_refuses_what_goes_beyond_it(string limit, string says)
    {
        var tar = new TarBuilder();
        foreach (char name in "abcd")
            _ = limit == "devices" ? tar.Device('3', name.ToString(), 1, 3) : tar.Directory(name.ToString());
        LayerLimits limits = limit switch
        {
            "entries" => LayerLimits.Default with { Entries = 3 },
            "devices" => LayerLimits.Default with { Devices = 3 },
            _ => LayerLimits.Default with { DirectoryNames = 200 },
        };
        Refuse(tar.Done(), says, limits: limits);
    }

    private static TarBuilder Sparse(string map, long size, string data) =>
        new TarBuilder().Pax(("GNU.sparse.map", map), ("GNU.sparse.size", size.ToString(System.Globalization.CultureInfo.InvariantCulture))).File("a", data);

    private static void Refuse(byte[] bytes, string says, LayerPacking packing = LayerPacking.Plain, Digest? diffId = null, LayerLimits? limits = null)
    {
        using var folder = new TempFolder("evil");
        folder.Write("outside", "before");
        var layers = new LayerStore(folder["store"]) { Limits = limits ?? LayerLimits.Default };
        StepException error = Assert.Throws<StepException>(() => layers.Unpack(new MemoryStream(bytes), packing, diffId ?? Digest.Of(bytes)));
        Assert.Contains(says, error.Message);
        Assert.DoesNotContain('\n', error.Message);
        Assert.Equal("before", File.ReadAllText(folder["outside"]));
        Assert.Empty(Directory.GetFileSystemEntries(folder["store/layers"]));
        Assert.Equal(["outside", "store"], Directory.GetFileSystemEntries(folder.FullPath).Select(p => Path.GetFileName(p)!).Order());
    }
}
