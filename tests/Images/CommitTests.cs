using System;
using System.IO;
using System.Linq;
using Bulkhead.TestSupport;

namespace Bulkhead.ImageTests;

/// <summary>commit and export: what a container changed, and all that it has.</summary>
public sealed class CommitTests : IDisposable
{
    private readonly Person _person = new();

    public CommitTests()
    {
        using var made = new BusyboxImage();
        _person.Type("load", "-q", "-i", made.ShellArchive).Ok();
    }

    [Fact]
    public void WhatChangedIsALayerMore()
    {
        _person.Type("run", "-d", "--name", "work", "--writable", "--as-root", BusyboxImage.Shell, "/bin/sh", "-c",
            "mkdir /opt; echo new >/opt/file; chmod 754 /opt/file; chown 1000:1000 /opt/file; ln -s file /opt/link; rm /etc/group; echo more >>/etc/passwd; sleep 1000").Ok();
        Poll.Until("the changes", () => _person.Type("exec", "work", "/bin/grep", "-q", "more", "/etc/passwd").ExitCode == 0);
        string id = _person.Type("commit", "-m", "a note", "-c", "WORKDIR /opt", "-c", "CMD [\"/bin/cat\", \"link\"]", "work", "localhost/worked:1").Ok();
        Assert.Equal(id, _person.Inspect("localhost/worked:1").GetProperty("Id").GetString());
        Assert.Equal("new", _person.Run("localhost/worked:1"));
        Assert.Equal("754 1000 1000", _person.Run("localhost/worked:1", "/bin/stat", "-c", "%a %u %g", "file"));
        Assert.Equal("1\nmore", _person.Run("localhost/worked:1", "/bin/sh", "-c", "test -e /etc/group; echo $?; grep more /etc/passwd"));
        Assert.Contains("a note", _person.Type("history", "localhost/worked:1").Ok(), StringComparison.Ordinal);
        Assert.Equal(2, _person.Inspect("localhost/worked:1").GetProperty("RootFS").GetProperty("Layers").GetArrayLength());
        // It runs on, and nothing that the runtime mounts is in the layer.
        Assert.Contains("Up ", _person.Type("ps").Ok(), StringComparison.Ordinal);
        string top = _person.Inspect("localhost/worked:1").GetProperty("RootFS").GetProperty("Layers")[1].GetString()!["sha256:".Length..];
        string tree = $"{_person.Data}/images/layers/{top}/tree";
        Assert.Equal(["/etc", "/etc/group", "/etc/passwd", "/opt", "/opt/file", "/opt/link"],
            Directory.GetFileSystemEntries(tree, "*", SearchOption.AllDirectories).Select(path => path[tree.Length..]).Order(StringComparer.Ordinal));
        Assert.Empty(Directory.GetFileSystemEntries(_person.Data + "/images/ingest"));
    }

    [Fact]
    public void AContainerWithoutAnImageIsExported()
    {
        string root = _person.Folder.Make("root");
        BusyboxImage.MakeRootFileSystem(root);
        _person.Type("create", "--name", "plain", "--rootfs", root, "/bin/true").Ok();
        Assert.Contains("was not made from an image", _person.Type("commit", "plain", "localhost/x").Err, StringComparison.Ordinal);
        _person.Type("export", "-o", _person.Folder["all.tar"], "plain").Ok();
        _person.Type("import", _person.Folder["all.tar"], "localhost/all:1").Ok();
        Assert.Equal("all", _person.Run("localhost/all:1", "/bin/echo", "all"));
    }

    public void Dispose() => _person.Dispose();
}
