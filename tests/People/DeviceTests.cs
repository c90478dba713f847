using System;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.People;

public sealed class DeviceTests
{
    /// <summary>/dev/fuse is root's alone on the host, as /dev/kmsg is for writing.</summary>
    [Theory]
    [InlineData("", "no no no")]
    [InlineData("--device /dev/fuse", "yes yes yes")]
    [InlineData("--device /dev/fuse:r", "yes no no")]
    [InlineData("--device /dev/fuse:/dev/fuse:rw", "yes yes yes")]
    public void TheUserOpensWhatItWasGiven(string flags, string wanted)
    {
        using var person = new Person();
        const string Script = "try() { if (\"$@\") 2>/dev/null; then echo yes; else echo no; fi; }; r() { : </dev/fuse; }; w() { : >/dev/fuse; }; rw() { : <>/dev/fuse; }; echo $(try r) $(try w) $(try rw)";
        Outcome outcome = person.Type(["run", "--rm", "--rootfs", SharedRoot.Path, .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), "/bin/sh", "-c", Script]);
        Assert.Equal(wanted, outcome.Ok());
        Assert.Equal(flags.Length > 0, outcome.Err.Contains("loosening: --device /dev/fuse", StringComparison.Ordinal));
        Assert.Equal("600", Command.Run("stat", "-c", "%a", "/dev/fuse").Ok());
    }

    [Fact]
    public void AnotherPlaceAndExec()
    {
        using var person = new Person();
        person.Sleep("c1", "--device", "/dev/fuse:/dev/of/mine:rw");
        Assert.Equal("a:e5 65532 600", person.Type("exec", "c1", "/bin/stat", "-c", "%t:%T %u %a", "/dev/of/mine").Ok());
        person.Type("exec", "c1", "/bin/sh", "-c", ": <>/dev/of/mine").Ok();
        // Its number alone opens nothing more: the other devices stay shut.
        person.Type("exec", "c1", "/bin/sh", "-c", ": </dev/loop-control").Fails();
        JsonElement device = person.Inspect("c1").GetProperty("HostConfig").GetProperty("Devices")[0];
        Assert.Equal(("/dev/fuse", "/dev/of/mine", "rw"), (device.GetProperty("PathOnHost").GetString(), device.GetProperty("PathInContainer").GetString(), device.GetProperty("CgroupPermissions").GetString()));
        person.Type("restart", "-t", "0", "c1").Ok();
        person.Type("exec", "c1", "/bin/sh", "-c", ": <>/dev/of/mine").Ok();
    }

    [Theory]
    [InlineData("/etc/passwd", "is no device")]
    [InlineData("/dev", "is no device")]
    [InlineData("/dev/no-such", "no such file")]
    [InlineData("fuse", "not SOURCE")]
    [InlineData("/dev/fuse:/dev/x:rx", "not SOURCE")]
    [InlineData("/dev/fuse:/dev/../etc/x", "not SOURCE")]
    public void ABadOneIsRefused(string device, string said)
    {
        using var person = new Person();
        Assert.Contains(said, person.Type("run", "--rm", "--rootfs", SharedRoot.Path, "--device", device, "/bin/true").Exits(125), StringComparison.Ordinal);
    }
}
