using System;
using System.IO;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.People;

public sealed class VolumeTests
{
    /// <summary>Other host ids, other users: each reads, changes and removes what the one before wrote.</summary>
    [Fact]
    public void EveryContainerOwnsIt()
    {
        using var person = new Person();
        string last = "";
        foreach (string flags in new[] { "", "--user 1000:1001", "--as-root", "--user 65535", "--privileged", "" })
        {
            string script = last.Length > 0 ? "cat /data/file && rm /data/file && echo next >/data/file && chmod 600 /data/file" : "echo first >/data/file && chmod 600 /data/file";
            Assert.Equal(last, Once(person, flags + " -v vol:/data", script));
            last = last.Length > 0 ? "next" : "first";
        }
        Assert.Equal("65532:65532", Command.Run("stat", "-c", "%u:%g", Files(person, "vol") + "/file").Ok());
    }

    /// <summary>What an entrypoint gives away as root stays that user's.</summary>
    [Fact]
    public void OtherUsersKeepTheirNumbers()
    {
        using var person = new Person();
        Once(person, "--as-root -v vol:/data", "mkdir /data/db && chown 999:998 /data/db");
        Assert.Equal("999:998", Once(person, "--as-root -v vol:/data", "stat -c %u:%g /data/db"));
        Assert.Equal("999:998", Command.Run("stat", "-c", "%u:%g", Files(person, "vol") + "/db").Ok());
    }

    [Theory]
    [InlineData("--as-root")]
    [InlineData("--as-root --user 65532")]
    [InlineData("--privileged")]
    public void NoSetuidFileOfTheHostsRoot(string flags)
    {
        using var person = new Person();
        Once(person, flags + " -v vol:/data", "cp /bin/busybox /data/evil; chown 0:0 /data/evil; chown 65532 /data/evil; chmod 6755 /data/evil; stat -c %a /data/evil");
        Assert.NotEqual("0", Command.Run("stat", "-c", "%u", Files(person, "vol") + "/evil").Ok());
        Assert.Equal("700", Command.Run("stat", "-c", "%a", person.Data + "/volumes").Ok());
        Assert.Equal("700", Command.Run("stat", "-c", "%a", person.Data + "/volumes/vol").Ok());
        string options = Once(person, "-v vol:/data", "grep ' /data ' /proc/self/mountinfo");
        Assert.Contains("nosuid,nodev", options, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-v vol:/data:ro")]
    [InlineData("--mount type=volume,src=vol,dst=/data,readonly")]
    [InlineData("--mount source=vol,target=/data,ro")]
    public void ReadOnly(string flags)
    {
        using var person = new Person();
        Once(person, "--mount type=volume,src=vol,dst=/data,volume-label=team=web", "echo x >/data/file");
        Assert.Equal("x", Once(person, flags, "cat /data/file; ! touch /data/more 2>/dev/null"));
        Assert.Equal("web", Inspect(person, "vol").GetProperty("Labels").GetProperty("team").GetString());
    }

    [Theory]
    [InlineData("--rm", "", 0)]
    [InlineData("", "-v", 0)]
    [InlineData("", "", 1)]
    public void OneWithoutANameGoesWithItsContainer(string runFlags, string rmFlags, int left)
    {
        using var person = new Person();
        person.Type(["run", "--name", "c1", "--rootfs", SharedRoot.Path, "-v", "/data", "-v", "kept:/kept", .. Words(runFlags), "/bin/touch", "/data/x", "/kept/x"]).Ok();
        if (runFlags.Length == 0)
            person.Type(["rm", .. Words(rmFlags), "c1"]).Ok();
        Assert.Equal(left + 1, Lines(person, "volume", "ls", "-q").Length);
        person.Type("volume", "prune", "-f").Ok();
        Assert.Equal(["kept"], Lines(person, "volume", "ls", "-q"));
        person.Type("volume", "prune", "-f", "--all").Ok();
        Assert.Empty(Lines(person, "volume", "ls", "-q"));
        Assert.Equal([".lock"], Array.ConvertAll(Directory.GetFileSystemEntries(person.Data + "/volumes"), Path.GetFileName));
    }

    /// <summary>/etc of the root file system has passwd, root's, and a directory with a file of user 5's.</summary>
    [Theory]
    [InlineData("-v vol:/etc", "", "65532 65532 5", "65532 65532 5")]
    [InlineData("-v vol:/etc --user 5", "", "5 5 5", "65532 65532 65532")]
    [InlineData("-v vol:/etc", "made", "65532 65532 5", "65532 65532 5")]
    [InlineData("-v vol:/etc:nocopy", "", "no", "")]
    [InlineData("--mount src=vol,dst=/etc,volume-nocopy", "", "no", "")]
    [InlineData("-v vol:/etc", "full", "no", "")]
    public void AnEmptyOneBeginsWithTheRootFileSystems(string flags, string before, string inside, string outside)
    {
        using var person = new Person();
        string root = person.Data + "/root";
        BusyboxImage.MakeRootFileSystem(Directory.CreateDirectory(root).FullName);
        Command.Run("sh", "-c", $"mkdir {root}/etc/d && echo x >{root}/etc/d/f && chmod 4755 {root}/etc/d/f && chown 5:5 {root}/etc/d/f && mkfifo {root}/etc/pipe").Ok();
        if (before.Length > 0)
            person.Type("volume", "create", "vol").Ok();
        if (before == "full")
            File.WriteAllText(Files(person, "vol") + "/mine", "");
        string[] words = ["run", "--rm", "--rootfs", root, .. Words(flags), "/bin/sh", "-c", "stat -c %u /etc/passwd /etc/d /etc/d/f 2>/dev/null | grep . || echo no"];
        Assert.Equal(inside, person.Type(words).Ok().Replace('\n', ' '));
        if (outside.Length > 0)
            Assert.Equal(outside + " 755", Command.Run("sh", "-c", "cd " + Files(person, "vol") + " && echo $(stat -c %u passwd d d/f) $(stat -c %a d/f)").Ok());
        Assert.False(File.Exists(Files(person, "vol") + "/pipe"));
    }

    [Fact]
    public void OneInUseIsNotRemoved()
    {
        using var person = new Person();
        person.Sleep("c1", "-v", "vol:/data");
        Assert.Contains("in use by container c1", person.Type("volume", "rm", "vol").Exits(1), StringComparison.Ordinal);
        Assert.Contains("Nothing", person.Type("volume", "prune", "-f", "-a").Ok(), StringComparison.Ordinal);
        person.Type("stop", "-t", "0", "c1").Ok();
        person.Type("volume", "rm", "-f", "vol").Exits(1);
        person.Type("rm", "c1").Ok();
        person.Type("volume", "rm", "vol").Ok();
        Assert.Contains("no such volume: vol", person.Type("volume", "rm", "vol").Exits(1), StringComparison.Ordinal);
        person.Type("volume", "rm", "-f", "vol").Ok();
        Assert.False(Directory.Exists(person.Data + "/volumes/vol"));
    }

    [Fact]
    public void DockersDocuments()
    {
        using var person = new Person();
        Assert.Equal("vol", person.Type("volume", "create", "--label", "team=web", "vol").Ok());
        Assert.Equal("vol", person.Type("volume", "create", "vol").Ok());
        JsonElement document = Inspect(person, "vol"), row = JsonDocument.Parse(person.Type("volume", "ls", "--format", "json").Ok()).RootElement;
        Assert.Equal(("local", "vol", "local"), (document.GetProperty("Driver").GetString(), document.GetProperty("Name").GetString(), document.GetProperty("Scope").GetString()));
        Assert.True(Directory.Exists(document.GetProperty("Mountpoint").GetString()));
        Assert.Equal(("vol", "team=web"), (row.GetProperty("Name").GetString(), row.GetProperty("Labels").GetString()));
        person.Sleep("c1", "-v", "vol:/data");
        JsonElement mount = person.Inspect("c1").GetProperty("Mounts")[0];
        Assert.Equal(("volume", "vol", "/data"), (mount.GetProperty("Type").GetString(), mount.GetProperty("Name").GetString(), mount.GetProperty("Destination").GetString()));
        Assert.Equal(document.GetProperty("Mountpoint").GetString(), mount.GetProperty("Source").GetString());
    }

    [Theory]
    [InlineData("", "other used")]
    [InlineData("--filter dangling=true", "other")]
    [InlineData("--filter dangling=false", "used")]
    [InlineData("--filter name=the", "other")]
    [InlineData("--filter label=a=b", "other")]
    [InlineData("--filter label=a=c", "")]
    public void ListChooses(string flags, string names)
    {
        using var person = new Person();
        person.Type("volume", "create", "--label", "a=b", "other").Ok();
        person.Type("create", "--rootfs", SharedRoot.Path, "-v", "used:/data", "/bin/true").Ok();
        person.Type("volume", "create", "used").Ok();
        Assert.Equal(names, string.Join(' ', Lines(person, ["volume", "ls", "-q", .. Words(flags)])));
    }

    [Theory]
    [InlineData("create ../x", "not a name")]
    [InlineData("create -d nfs vol", "nfs")]
    [InlineData("rm ../containers", "no such volume")]
    [InlineData("inspect nobody", "no such volume: nobody")]
    [InlineData("ls --filter colour=red", "colour=red")]
    public void WhatCannotBe(string words, string said)
    {
        using var person = new Person();
        Assert.Contains(said, person.Type(["volume", .. Words(words)]).Exits(1), StringComparison.Ordinal);
    }

    private static string Once(Person person, string flags, string script) =>
        person.Type(["run", "--rm", "--rootfs", SharedRoot.Path, .. Words(flags), "/bin/sh", "-c", script]).Ok();

    private static JsonElement Inspect(Person person, string name) => JsonDocument.Parse(person.Type("volume", "inspect", name).Ok()).RootElement[0];

    private static string Files(Person person, string name) => person.Data + "/volumes/" + name + "/_data";

    private static string[] Lines(Person person, params string[] words) => person.Type(words).Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
