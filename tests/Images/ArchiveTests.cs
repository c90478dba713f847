using System;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.ImageTests;

/// <summary>save, load and import against the tools that make and read such files.</summary>
public sealed class ArchiveTests : IDisposable
{
    private readonly Person _person = new();
    private readonly BusyboxImage _made = new();

    [Fact]
    public void DockersArchiveIsLoadedAndRuns()
    {
        Assert.Contains("Loaded image: " + BusyboxImage.Shell, _person.Type("load", "-i", _made.ShellArchive).Ok(), StringComparison.Ordinal);
        Assert.Equal("hello", _person.Run(BusyboxImage.Shell, "/bin/echo", "hello"));
    }

    [Theory]
    [InlineData("docker-archive", "docker-archive:")]
    [InlineData("oci-archive", "oci-archive:")]
    public void WhatIsSavedOthersRead(string format, string transport)
    {
        _person.Type("load", "-q", "-i", _made.ShellArchive).Ok();
        string file = _person.Folder["saved.tar"], back = _person.Folder["back"];
        _person.Type("save", "--format", format, "-o", file, BusyboxImage.Shell).Ok();
        Command.Run("skopeo", "copy", "-q", transport + file, "oci:" + back + ":latest").Ok();
        using var other = new Person();
        other.Type("load", "-q", "--name", "localhost/back", "-i", back).Ok();
        Assert.Equal("hello", other.Run("localhost/back:latest", "/bin/echo", "hello"));
        using var third = new Person();
        Assert.Contains(BusyboxImage.Shell, third.Type("load", "-i", file).Ok(), StringComparison.Ordinal);
        Assert.Equal(_person.Inspect(BusyboxImage.Shell).GetProperty("Id").GetString(), third.Inspect(BusyboxImage.Shell).GetProperty("Id").GetString());
    }

    /// <summary>600 MiB of nothing in a few KiB: it would fill a disk, as an archive before anybody has looked into it.</summary>
    [Theory]
    [InlineData("load", "-i", "BOMB")]
    [InlineData("import", "BOMB", "localhost/bomb:1")]
    public void ABombIsRefused(params string[] words)
    {
        string bomb = _person.Folder["bomb.tar.zst"];
        Command.Run("truncate", "-s", "600M", _person.Folder["manifest.json"]).Ok();
        Command.Run("tar", "-C", _person.Folder.FullPath, "--zstd", "-cf", bomb, "manifest.json").Ok();
        Outcome outcome = _person.Type(Array.ConvertAll(words, word => word == "BOMB" ? bomb : word));
        Assert.Equal((1, $"bulkhead: {bomb} unfolds to more than 250 times its size, and more than 512 MiB: it is refused as a decompression bomb\n"), (outcome.ExitCode, outcome.Err));
        Assert.Empty(Directory.GetFileSystemEntries(_person.Data + "/images/ingest"));
        Assert.Equal("", _person.Type("images", "-q").Ok());
    }

    [Fact]
    public void UmocisLayoutIsLoaded()
    {
        string layout = _person.Folder["umoci"];
        Command.Run("umoci", "init", "--layout", layout).Ok();
        Command.Run("umoci", "new", "--image", layout + ":shell").Ok();
        Command.Run("umoci", "raw", "add-layer", "--image", layout + ":shell", _made.Layer).Ok();
        Command.Run("umoci", "config", "--image", layout + ":shell", "--config.cmd", "/bin/id").Ok();
        Outcome nameless = _person.Type("load", "-i", layout);
        Assert.Contains("give one by --name", nameless.Err, StringComparison.Ordinal);
        Assert.NotEqual(0, nameless.ExitCode);
        _person.Type("load", "-i", layout, "--name", "localhost/umoci").Ok();
        Assert.StartsWith("uid=65532", _person.Run("localhost/umoci:shell"), StringComparison.Ordinal);
    }

    /// <summary>As mmdebstrap's tar comes: a root file system, plain.</summary>
    [Fact]
    public void ARootFileSystemIsImported()
    {
        string id = _person.Type("import", "-c", "CMD [\"/bin/cat\", \"/etc/passwd\"]", "-c", "ENV A=b", "-m", "mine", _made.Layer, "localhost/imported:1").Ok().Trim();
        Assert.Equal(id, _person.Inspect("localhost/imported:1").GetProperty("Id").GetString());
        Assert.Contains("app:x:1000", _person.Run("localhost/imported:1"), StringComparison.Ordinal);
        Assert.Contains("mine", _person.Type("history", "localhost/imported:1").Ok(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothing", "holds no images")]
    [InlineData("text", "is no whole tar")]
    [InlineData("", "is no whole tar")]
    public void WhatIsNoArchiveIsRefused(string kind, string error)
    {
        string file = _person.Folder["file"];
        if (kind == "nothing")
            Command.Run("tar", "-cf", file, "/etc/hostname").Ok();
        else
            File.WriteAllText(file, kind == "text" ? new string('x', 4096) : "");
        Outcome load = _person.Type("load", "-i", file);
        Assert.NotEqual(0, load.ExitCode);
        Assert.Contains(error, load.Err, StringComparison.Ordinal);
        Assert.Equal("", _person.Type("images", "-q").Ok());
        Assert.Empty(Directory.GetFileSystemEntries(_person.Data + "/images/ingest"));
    }

    public void Dispose()
    {
        _made.Dispose();
        _person.Dispose();
    }
}
