using System;
using System.IO;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;

namespace Bulkhead.ImageTests;

/// <summary>run IMAGE: what the image says of its program holds where no flag says otherwise, and no wall is lower for it.</summary>
public sealed class RunImageTests : IDisposable
{
    private const string Name = "registry.example/team/tool:1";

    private readonly Person _person = new();

    /// <summary>Busybox below, what the test says above.</summary>
    private Layout Base(params (string Name, string Content)[] files)
    {
        string root = _person.Folder.Make("root");
        BusyboxImage.MakeRootFileSystem(root);
        return new Layout(_person.Folder["layout"]).Add(root).Add(files);
    }

    private void Load(Layout layout)
    {
        layout.Finish(Name);
        Assert.Equal("Loaded image: " + Name + "", _person.Type("load", "-i", layout.Folder).Ok());
    }

    [Fact]
    public void DefaultsOfTheImageAndFlagsOverThem()
    {
        Layout layout = Base(("etc/made", "by a layer"));
        layout.Config["Env"] = new JsonArray("COLOUR=red", "SIZE=big");
        layout.Config["Entrypoint"] = new JsonArray("/bin/sh", "-c");
        layout.Config["Cmd"] = new JsonArray("echo $COLOUR $SIZE $(pwd) $(id -u) $(cat /etc/made)");
        layout.Config["WorkingDir"] = "/var";
        layout.Config["User"] = "app";
        layout.Config["Labels"] = new JsonObject { ["team"] = "a" };
        layout.Config["StopSignal"] = "SIGUSR1";
        layout.Config["ExposedPorts"] = new JsonObject { ["80/tcp"] = new JsonObject() };
        Load(layout);
        Assert.Equal("red big /var 1000 by a layer", _person.Run(Name));
        Assert.Equal("blue big /etc 65532 by a layer", _person.Type("run", "--rm", "-e", "COLOUR=blue", "-w", "/etc", "-u", "65532", Name).Ok());
        Assert.Equal("other", _person.Run(Name, "echo other"));
        Assert.Equal("/etc/made", _person.Type("run", "--rm", "--entrypoint", "/bin/ls", Name, "/etc/made").Ok());
        _person.Type("run", "-d", "--name", "shown", Name, "sleep 1000").Ok();
        JsonElement shown = JsonDocument.Parse(_person.Type("inspect", "shown").Ok()).RootElement[0];
        Assert.Equal("USR1", shown.GetProperty("Config").GetProperty("StopSignal").GetString()!.Replace("SIG", "", StringComparison.Ordinal));
        Assert.Equal("a", shown.GetProperty("Config").GetProperty("Labels").GetProperty("team").GetString());
        Assert.Equal(Name, shown.GetProperty("Config").GetProperty("Image").GetString());
        Assert.Equal("unsigned", shown.GetProperty("isolation").GetProperty("imageSigner").GetString());
        Assert.Contains(Name + " (unsigned)", _person.Type("ps").Ok(), StringComparison.Ordinal);
    }

    /// <summary>An image that says root gets the user of one that says nothing, and nothing more.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("root")]
    [InlineData("0:0")]
    public void RootOfAnImageIsNoRoot(string? user)
    {
        Layout layout = Base();
        layout.Config["User"] = user;
        Load(layout);
        Assert.Equal("65532\nCapBnd:\t0000000000000000", _person.Run(Name, "/bin/sh", "-c", "id -u; grep CapBnd /proc/self/status"));
        Assert.NotEqual(0, _person.Type("run", "--rm", Name, "/bin/touch", "/etc/made").ExitCode);
        Assert.Equal("0", _person.Type("run", "--rm", "--as-root", Name, "/bin/id", "-u").Ok());
    }

    [Fact]
    public void WhiteoutsAndOpaqueDirectoriesHideWhatIsBelow()
    {
        Layout layout = Base(("opt/a/one", "1"), ("opt/a/two", "2"), ("opt/b/three", "3"), ("opt/gone", "x"));
        layout.Add(("opt/.wh.gone", ""), ("opt/a/.wh..wh..opq", ""), ("opt/a/new", "n"), ("opt/b/.wh.three", ""), ("opt/b/three/now", "a folder"));
        Load(layout);
        Assert.Equal("/opt/a/new\n/opt/b/three/now", _person.Run(Name, "/bin/sh", "-c", "find /opt -type f | sort"));
        // The same where the container may write: another layer lies over them.
        Assert.Equal("made\n/opt/a/new\n/opt/b/three/now", _person.Type("run", "--rm", "--writable", "--as-root", Name, "/bin/sh", "-c", "echo made >/opt/made; cat /opt/made; rm /opt/made; find /opt -type f | sort").Ok());
    }

    [Theory]
    [InlineData("")]
    [InlineData("gzip")]
    [InlineData("zstd")]
    [InlineData("zstd:chunked")]
    public void EachPackingOfALayer(string packing)
    {
        string root = _person.Folder.Make("root");
        BusyboxImage.MakeRootFileSystem(root);
        string tar = _person.Folder["root.tar"];
        Command.Run("tar", "-C", root, "-cf", tar, ".").Ok();
        Load(new Layout(_person.Folder["layout"]).Add(File.ReadAllBytes(tar), packing));
        Assert.Equal("hello", _person.Run(Name, "/bin/echo", "hello"));
    }

    /// <summary>A volume of the image is one without a name, belongs to the program's user, begins with what the image has there, and goes with the container.</summary>
    [Fact]
    public void VolumesOfTheImage()
    {
        Layout layout = Base(("data/begin", "from the image"));
        layout.Config["Volumes"] = new JsonObject { ["/data"] = new JsonObject() };
        Load(layout);
        Assert.Equal("from the image65532", _person.Run(Name, "/bin/sh", "-c", "cat /data/begin; echo x >/data/mine && stat -c %u /data/mine"));
        Assert.Equal("", _person.Type("volume", "ls", "-q").Ok());
        _person.Folder.Make("host");
        Assert.Equal("", _person.Type("run", "--rm", "-v", _person.Folder["host"] + ":/data:ro", Name, "/bin/ls", "/data").Ok());
    }

    [Fact]
    public void AHundredLayersAreOneRoot()
    {
        Layout layout = Base();
        for (int i = 3; i <= 100; i++)
            layout.Add(($"opt/f{i}", i.ToString(System.Globalization.CultureInfo.InvariantCulture)), ("opt/last", i.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        Load(layout);
        Assert.Equal("100 99", _person.Run(Name, "/bin/sh", "-c", "echo $(cat /opt/last) $(ls /opt | wc -l)"));
    }

    [Fact]
    public void ManyContainersShareTheLayers()
    {
        Load(Base());
        for (int i = 0; i < 3; i++)
            _person.Type("run", "-d", Name, "/bin/sleep", "1000").Ok();
        Assert.Equal(2, Directory.GetDirectories(_person.Data + "/images/layers").Length);
        // Different ids outside, the same files.
        string[] outside = _person.Type("ps", "--format", "{{.UserOutside}}").Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, new System.Collections.Generic.HashSet<string>(outside).Count);
    }

    [Fact]
    public void AHealthcheckOfTheImageIsRun()
    {
        Layout layout = Base();
        layout.Config["Healthcheck"] = new JsonObject { ["Test"] = new JsonArray("CMD", "/bin/test", "-e", "/etc/passwd"), ["Interval"] = 200_000_000 };
        // The check needs no shell.
        layout.Add(("bin/.wh.sh", ""));
        Load(layout);
        _person.Type("run", "-d", "--name", "well", Name, "/bin/sleep", "1000").Ok();
        Poll.Until("healthy", () => _person.Type("ps").Ok().Contains("(healthy)", StringComparison.Ordinal));
        _person.Type("run", "-d", "--name", "unasked", "--no-healthcheck", Name, "/bin/sleep", "1000").Ok();
        Assert.False(JsonDocument.Parse(_person.Type("inspect", "unasked").Ok()).RootElement[0].GetProperty("State").TryGetProperty("Health", out _));
        // Each flag changes one word of it.
        _person.Type("create", "--name", "often", "--health-retries", "7", Name, "/bin/sleep", "1000").Ok();
        _person.Type("create", "--name", "other", "--health-cmd", "true", Name, "/bin/sleep", "1000").Ok();
        const string Shown = "{{.Config.Healthcheck.Test}} {{.Config.Healthcheck.Interval}} {{.Config.Healthcheck.Retries}}";
        Assert.Equal("[CMD /bin/test -e /etc/passwd] 200000000 7", _person.Type("inspect", "-f", Shown, "often").Ok());
        Assert.Equal("[CMD-SHELL true] 200000000 3", _person.Type("inspect", "-f", Shown, "other").Ok());
    }

    public void Dispose() => _person.Dispose();
}
