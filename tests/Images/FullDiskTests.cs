using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.ImageTests;

/// <summary>
/// Commands on images with the data folder on a small ext4 that is full: one line says so, what was there stays whole, nothing half-made is left, and with room again the same command
/// works.
/// </summary>
public sealed class FullDiskTests : IDisposable
{
    private const string Kept = "localhost/kept:1";

    private readonly Person _person = new();
    private readonly TempFolder _made = new("fd");

    public FullDiskTests()
    {
        try
        {
            Prepare();
        }
        catch
        {
            // Nobody disposes what was not constructed, and a mount would stay.
            Dispose();
            throw;
        }
    }

    private static string Image { get; } = $"{LocalRegistry.Host}/full-{Guid.NewGuid():N}:1";

    private string Filler => _person.Data + "/filler";

    /// <summary>KiB that are free: for nothing, for documents, for a part of the blob, for the blob and not for its files.</summary>
    [Fact]
    public void Pull()
    {
        Command.Run("skopeo", "copy", "-q", "--dest-tls-verify=false", $"oci:{Large().Folder}:latest", "docker://" + Image).Ok();
        Check([0, 100, 3000, 6000], Image, "pull", "-q", Image);
    }

    /// <summary>Of an archive its files are spooled first.</summary>
    [Fact]
    public void Load()
    {
        string archive = _made["archive.tar"];
        Command.Run("tar", "-C", Large().Folder, "-cf", archive, "index.json", "oci-layout", "blobs").Ok();
        Check([0, 100, 3000, 6000, 10_000], Image, "load", "-q", "-i", archive);
    }

    [Fact]
    public void Import()
    {
        Command.Run("tar", "-C", _made["root"], "-cf", _made["root.tar"], ".").Ok();
        Check([0, 100, 3000, 6000, 9000], "localhost/imported:1", "import", _made["root.tar"], "localhost/imported:1");
    }

    /// <summary>The container goes on.</summary>
    [Fact]
    public void Commit()
    {
        _person.Type("run", "-d", "--name", "writer", "--writable", "--as-root", Kept, "/bin/sleep", "1000").Ok();
        _person.Type("exec", "writer", "/bin/dd", "if=/dev/urandom", "of=/made", "bs=1M", "count=3").Ok();
        Check([0, 100, 2000, 5000, 8000], "localhost/made:1", "commit", "writer", "localhost/made:1");
        _person.Type("exec", "writer", "/bin/true").Ok();
    }

    [Fact]
    public void Save()
    {
        string output = _person.Data + "/out.tar";
        foreach (int free in (int[])[0, 500])
        {
            Fill(free);
            Fails(free, "save", "-o", output, Kept);
            Assert.Empty(Directory.GetFiles(_person.Data, "out.tar*"));
            File.Delete(Filler);
        }
        _person.Type("save", "-o", output, Kept).Ok();
        _person.Type("load", "-q", "-i", output).Ok();
    }

    public void Dispose()
    {
        try
        {
            _person.Dispose();
        }
        finally
        {
            _made.Dispose();
        }
    }

    private void Prepare()
    {
        Command.Run("truncate", "-s", "64M", _made["disk"]).Ok();
        Command.Run("mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", _made["disk"]).Ok();
        Command.Run("mount", "-o", "loop", _made["disk"], _person.Data).Ok();
        string root = _made.Make("root");
        foreach (string name in (string[])["bin", "proc", "sys", "dev", "tmp", "run", "etc"])
            Directory.CreateDirectory($"{root}/{name}");
        Command.Run("cp", "/bin/busybox", root + "/bin").Ok();
        foreach (string program in (string[])["true", "sleep", "dd"])
            File.CreateSymbolicLink($"{root}/bin/{program}", "busybox");
        var kept = new Layout(_made["kept"]);
        kept.Add(root).Finish(Kept);
        _person.Type("load", "-q", "-i", kept.Folder).Ok();
        Command.Run("dd", "if=/dev/urandom", "of=" + root + "/large", "bs=1M", "count=3").Ok();
    }

    private Layout Large()
    {
        var layout = new Layout(_made["large"]);
        layout.Add(("etc/small", "small")).Add(_made["root"]).Finish(Image);
        return layout;
    }

    private void Check(int[] free, string name, params string[] words)
    {
        string[] before = Halves();
        foreach (int kib in free)
        {
            Fill(kib);
            Fails(kib, words);
            Assert.Equal(Kept, _person.Type("images", "--format", "{{.Repository}}:{{.Tag}}").Ok());
            Assert.Equal(before, Halves());
            File.Delete(Filler);
            Assert.Equal("", _person.Run(Kept, "/bin/true"));
        }
        _person.Type(words).Ok();
        Assert.Equal("", _person.Run(name, "/bin/true"));
    }

    private void Fails(int free, params string[] words)
    {
        Outcome outcome = _person.Type(words);
        Assert.True(outcome.ExitCode != 0, $"{free} KiB were enough");
        Assert.Matches("^bulkhead: [^\n]*/[^\n]*: no space left on device[^\n]*\n$", outcome.Err);
    }

    private void Fill(int free)
    {
        Command.Run("dd", "if=/dev/zero", "of=" + Filler, "bs=1M").Fails();
        Command.Run("truncate", "-s", string.Create(CultureInfo.InvariantCulture, $"-{free}K"), Filler).Ok();
    }

    /// <summary>Names, and what is on its way: whole blobs and layers may have come.</summary>
    private string[] Halves()
    {
        var found = new List<string>();
        foreach ((string folder, string pattern) in new[] { ("ingest", "*"), ("layers", ".*"), ("names", "*") })
            found.AddRange(Directory.GetFileSystemEntries($"{_person.Data}/images/{folder}", pattern));
        found.Sort(StringComparer.Ordinal);
        return [.. found];
    }
}
