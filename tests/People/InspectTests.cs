using System;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.People;

public sealed class InspectTests
{
    [Theory]
    [InlineData("", 65532u, 0, true, 0)]
    [InlineData("--as-root", 0u, 9, true, 1)]
    [InlineData("--user 1000", 1000u, 0, true, 0)]
    [InlineData("--security-opt landlock=off --writable", 65532u, 0, false, 2)]
    public void WallsAndLoosenings(string flags, uint uid, int capabilities, bool landlock, int loosenings)
    {
        using var person = new Person();
        person.Sleep("c1", flags.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        JsonElement document = person.Inspect("c1"), isolation = document.GetProperty("isolation"), user = isolation.GetProperty("user");
        Assert.Equal(uid, user.GetProperty("inside").GetProperty("uid").GetUInt32());
        Assert.Equal(capabilities, isolation.GetProperty("capabilities").GetArrayLength());
        Assert.Equal(landlock, isolation.GetProperty("landlock").GetBoolean());
        Assert.Equal(loosenings, document.GetProperty("loosenings").GetArrayLength());
        Assert.InRange(isolation.GetProperty("seccomp").GetProperty("allowedCalls").GetInt32(), 100, 300);
        // What the document says is what the kernel has.
        string pid = document.GetProperty("State").GetProperty("Pid").GetInt32().ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal(user.GetProperty("outside").GetProperty("uid").GetUInt32().ToString(System.Globalization.CultureInfo.InvariantCulture),
            Command.Run("stat", "-c", "%u", "/proc/" + pid + "/status").Ok());
    }

    [Fact]
    public void DockersNames()
    {
        using var person = new Person();
        string id = person.Ended("c1", "exit 7", "-e", "A=b", "--label", "team=web", "-w", "/tmp", "-v", person.Data + ":/data:ro");
        JsonElement document = person.Inspect(id[..12]), state = document.GetProperty("State"), mount = document.GetProperty("Mounts")[0];
        Assert.Equal(id, document.GetProperty("Id").GetString());
        Assert.Equal("/c1", document.GetProperty("Name").GetString());
        Assert.Equal("exited", state.GetProperty("Status").GetString());
        Assert.Equal(7, state.GetProperty("ExitCode").GetInt32());
        Assert.Equal("web", document.GetProperty("Config").GetProperty("Labels").GetProperty("team").GetString());
        Assert.Equal("/tmp", document.GetProperty("Config").GetProperty("WorkingDir").GetString());
        Assert.Equal(("bind", "/data", false), (mount.GetProperty("Type").GetString(), mount.GetProperty("Destination").GetString(), mount.GetProperty("RW").GetBoolean()));
    }

    /// <summary>As Docker: what is there is shown, and what is not makes the command fail.</summary>
    [Fact]
    public void OneThatIsMissing()
    {
        using var person = new Person();
        person.Ended("c1", "true");
        Outcome outcome = person.Type("inspect", "c1", "nobody");
        Assert.Equal((1, 1), (outcome.ExitCode, JsonDocument.Parse(outcome.Out).RootElement.GetArrayLength()));
        Assert.Contains("no such container: nobody", outcome.Err, StringComparison.Ordinal);
        Assert.Contains("json", person.Type("inspect", "--format", "{{range .Mounts}}", "c1").Exits(1), StringComparison.Ordinal);
    }

    /// <summary>Also after the other container is gone.</summary>
    [Fact]
    public void AnotherContainersNetwork()
    {
        using var person = new Person();
        string other = person.Sleep("other");
        person.Sleep("c1", "--network", "container:other");
        person.Type("rm", "-f", "other").Ok();
        JsonElement document = person.Inspect("c1");
        Assert.Equal("container:" + other, document.GetProperty("HostConfig").GetProperty("NetworkMode").GetString());
        Assert.DoesNotContain("network", document.GetProperty("isolation").GetProperty("namespaces").ToString(), StringComparison.Ordinal);
        Assert.Equal(1, document.GetProperty("loosenings").GetArrayLength());
    }

    [Theory]
    [InlineData("run", "--as-root --writable", "--as-root,--writable")]
    [InlineData("create", "--network host", "--network host")]
    [InlineData("run", "", "")]
    public void LooseningsAreTold(string verb, string flags, string told)
    {
        using var person = new Person();
        Outcome outcome = person.Type([verb, "--rootfs", SharedRoot.Path, .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), "/bin/true"]);
        outcome.Ok();
        string[] lines = Array.FindAll(outcome.Err.Split('\n'), line => line.StartsWith("loosening: ", StringComparison.Ordinal));
        Assert.Equal(told, string.Join(',', Array.ConvertAll(lines, line => line["loosening: ".Length..line.LastIndexOf(": ", StringComparison.Ordinal)].Split(": ")[0])));
    }
}
