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

    /// <summary>File capabilities too, whose bytes are no text, times to the nanosecond, and names and links that a header has no room for.</summary>
    [Fact]
    public void AttributesTimesAndLongNamesAreKept()
    {
        string deep = "/opt/" + string.Join('/', Enumerable.Repeat(new string('ü', 30), 4)), link = new('l', 200);
        _person.Type("run", "--name", "work", "--writable", "--as-root", BusyboxImage.Shell, "/bin/sh", "-c",
            $"mkdir -p {deep}; echo x >{deep}/file; ln -s {link} {deep}/link; mkfifo /opt/fifo; cp /bin/busybox /opt/able; echo big >/opt/mine; chown 65000:65000 /opt/mine").Ok();
        string id = _person.Type("ps", "-aq", "--no-trunc").Ok(), upper = $"{_person.Data}/containers/{id}/layer/upper";
        Command.Run("setcap", "cap_setuid,cap_net_raw,cap_mac_admin+ep", upper + "/opt/able").Ok();
        Command.Run("setfattr", "-n", "user.note", "-v", "0x00ff80c3280a", upper + "/opt/mine").Ok();
        Command.Run("setfattr", "-n", "user.overlay.redirect", "-v", "elsewhere", upper + "/opt/mine").Ok();
        Command.Run("touch", "-d", "1960-02-03T04:05:06.789012345Z", upper + "/opt/mine").Ok();
        _person.Type("commit", "work", "localhost/kept:1").Ok();
        string top = _person.Inspect("localhost/kept:1").GetProperty("RootFS").GetProperty("Layers")[1].GetString()!["sha256:".Length..], tree = $"{_person.Data}/images/layers/{top}/tree";
        Assert.Equal(Look(upper + "/opt"), Look(tree + "/opt"));
        Assert.Equal("0x00ff80c3280a", Attribute(tree + "/opt/mine", "user.note"));
        Assert.Contains("cap_setuid", Command.Run("getcap", tree + "/opt/able").Ok(), StringComparison.Ordinal);
        Assert.DoesNotContain("user.overlay", Command.Run("getfattr", "-d", "-m", "-", "--absolute-names", tree + "/opt/mine").Ok(), StringComparison.Ordinal);
        // As others read it.
        _person.Type("save", "-o", _person.Folder["kept.tar"], "localhost/kept:1").Ok();
        Command.Run("skopeo", "copy", "-q", "docker-archive:" + _person.Folder["kept.tar"], "oci:" + _person.Folder["oci"] + ":1").Ok();
        Command.Run("umoci", "unpack", "--image", _person.Folder["oci"] + ":1", _person.Folder["bundle"]).Ok();
        Assert.Equal(Look(upper + "/opt"), Look(_person.Folder["bundle"] + "/rootfs/opt"));
        Assert.Equal("0x00ff80c3280a", Attribute(_person.Folder["bundle"] + "/rootfs/opt/mine", "user.note"));
    }

    private static string Look(string folder) =>
        Command.Run("sh", "-c", "cd \"$1\" && find . -printf '%P %y %m %U:%G %s %l %T@\\n' | sort; find . -type f -exec sha256sum {} + | sort; getcap -r .", "sh", folder).Ok();

    private static string Attribute(string path, string name) =>
        Command.Run("getfattr", "-n", name, "-e", "hex", "--absolute-names", path).Ok().Split('=')[1].Trim();

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
