using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Bulkhead.Images.Store;
using Bulkhead.TestSupport;

namespace Bulkhead.Images.Tests;

/// <summary>SIGKILL at state-changing system calls of the store, by strace's injection: what is under a final name is whole, the same again succeeds, and a collection leaves no halves.</summary>
public sealed class KillTests : IDisposable
{
    private const int SigKill = 137;

    private static readonly string[] s_calls = ["mkdirat", "renameat", "fchmod", "unlinkat", "symlinkat", "linkat", "mknodat", "utimensat", "fchownat", "fsetxattr", "ftruncate", "openat2", "flock"];

    private readonly TempFolder _folder = new("kill");
    private readonly string _file;
    private readonly Digest _digest;

    public KillTests()
    {
        byte[] tar = new TarBuilder().Directory("d").File("d/f", "one").File("d/f", "two").Link("l", "d/f").HardLink("h", "d/f").File(".wh.gone").Directory("o").File("o/.wh..wh..opq")
            .Pax(("GNU.sparse.map", "9,1"), ("GNU.sparse.size", "20")).File("s", "x").File("p/q/r", new string('x', 9000)).Done();
        _file = _folder["content"];
        File.WriteAllBytes(_file, tar);
        _digest = Digest.Of(tar);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Unpack_killed_at_its_renames_and_directories() => Check("unpack", ["renameat", "mkdirat"], 6);

    [Fact]
    public void Put_killed_at_its_renames() => Check("put", ["renameat"], 1);

    [Theory]
    [Trait("Speed", "Long")]
    [InlineData("unpack", 40)]
    [InlineData("put", 5)]
    [InlineData("name", 4)]
    [InlineData("collect", 10)]
    public void Killed_at_every_call(string step, int least) => Check(step, s_calls, least);

    private void Check(string step, string[] calls, int least)
    {
        int killed = 0;
        foreach (string call in calls)
        {
            for (int number = 1; ; number++)
            {
                string root = _folder[$"{call}{number}"];
                Prepare(step, root);
                Outcome outcome = Command.Run("strace", "-f", "-qq", "-o", "/dev/null", "-e", $"trace={call}", "-e", string.Create(CultureInfo.InvariantCulture, $"inject={call}:signal=SIGKILL:when={number}"),
                    Program.Path, "child", step, root, _file, _digest.Text);
                CheckStore(root);
                if (outcome.ExitCode == 0)
                    break;
                Assert.Equal(SigKill, outcome.ExitCode);
                killed++;
                Again(step, root);
                Command.Run("rm", "-rf", root).Ok();
            }
        }
        Assert.True(killed >= least, $"{killed} kills, {least} at least");
    }

    /// <summary>A layer that is to go, for the collector.</summary>
    private void Prepare(string step, string root)
    {
        if (step != "collect")
            return;
        Tars.Unpack(root, new TarBuilder().File("other/a/b", "x").Done());
        Tars.Unpack(root, File.ReadAllBytes(_file));
    }

    private void CheckStore(string root)
    {
        var layers = new LayerStore(root);
        if (layers.Has(_digest))
            Assert.Equal(["d", "d/f", "gone", "h", "l", "o", "p", "p/q", "p/q/r", "s"], Names(layers.Tree(_digest)));
        var content = new ContentStore(root);
        if (content.Has(_digest))
            Assert.Equal(File.ReadAllBytes(_file), content.Read(_digest, 1 << 20));
        foreach (NamedImage image in new ImageNames(root).All())
            Assert.Equal(_digest.Text, image.Target.Digest);
    }

    private void Again(string step, string root)
    {
        Command.Run(Program.Path, "child", step, root, _file, _digest.Text).Ok();
        CheckStore(root);
        Assert.True(step is "unpack" or "collect" ? new LayerStore(root).Has(_digest) : step == "put" ? new ContentStore(root).Has(_digest) : new ImageNames(root).All().Count == 1);
        new Collector(root).Run(() => new KeptContent { DiffIds = [_digest] }, untagged: true);
        Assert.All(Directory.GetFileSystemEntries(root + "/layers"), path => Assert.Equal(_digest.Hex, Path.GetFileName(path)));
        Assert.Empty(Directory.GetFileSystemEntries(root + "/ingest"));
        Assert.DoesNotContain(Directory.GetFileSystemEntries(root + "/names"), path => Path.GetFileName(path).StartsWith('.'));
    }

    private static IEnumerable<string> Names(string tree) =>
        Directory.GetFileSystemEntries(tree, "*", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(tree, path)).Order(StringComparer.Ordinal);
}
