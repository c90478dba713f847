using System;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;

namespace Bulkhead.Conformance;

/// <summary>The six hooks: order, state on stdin, environment, namespaces, time limit, and what a failure does at each point.</summary>
public class HookTests(RootFs root) : IClassFixture<RootFs>
{
    private static readonly string[] Before = ["prestart", "createRuntime", "createContainer"];

    /// <summary>What runs at start: the first is a program of the image's, which a tier may have no kernel for yet.</summary>
    private string[] AtStart => root.Instead("HookTests.AFailureOfStartContainerStopsTheContainer") is null ? ["startContainer", "poststart"] : ["poststart"];

    /// <summary>A hook of the host that appends its name, its state and what it sees to a file.</summary>
    private static JsonArray Hook(Bundle bundle, string name, string script = "") => new(new JsonObject
    {
        ["path"] = "/bin/sh",
        ["args"] = new JsonArray("sh", "-c", $"{{ printf '%s ' {name}; cat; echo; tr '\\0' '\\n' </proc/$$/environ; pwd; }} >>{bundle[name]}; echo {name} >>{bundle["order"]}; {script}"),
        ["env"] = new JsonArray("ONLY=this"),
    });

    private Bundle WithAll(string script = "true", string failing = "")
    {
        // The runtime's hooks and the container's share a folder, at the same path in both.
        var bundle = new Bundle(root, script);
        bundle.Config["mounts"]!.AsArray().Add(new JsonObject { ["destination"] = bundle.Path, ["source"] = bundle.Path, ["options"] = new JsonArray("bind") });
        var hooks = new JsonObject();
        foreach (string name in (string[])[.. Before, .. AtStart, "poststop"])
            hooks[name] = Hook(bundle, name, name == failing ? "exit 9" : "");
        bundle.Config["hooks"] = hooks;
        bundle.Save();
        return bundle;
    }

    private static string[] Order(Bundle bundle) => File.Exists(bundle["order"]) ? File.ReadAllLines(bundle["order"]) : [];

    [Fact]
    public void RunInOrderWithTheStateOfTheirPoint()
    {
        using Bundle bundle = WithAll("sleep 100");
        bundle.Create().Ok();
        Assert.Equal(Before, Order(bundle));
        int pid = bundle.Pid;
        bundle.Start().Ok();
        Assert.Equal([.. Before, .. AtStart], Order(bundle));
        bundle.Run("kill", bundle.Id, "KILL").Ok();
        bundle.WaitStopped();
        bundle.Run("delete", bundle.Id).Ok();
        Assert.Equal([.. Before, .. AtStart, "poststop"], Order(bundle));
        foreach ((string name, string status) in ((string, string)[])
            [("prestart", "creating"), ("createRuntime", "creating"), ("createContainer", "creating"), ("startContainer", "created"), ("poststart", "running"), ("poststop", "stopped")])
        {
            if (name == "startContainer" && !AtStart.Contains(name))
                continue;
            string[] lines = File.ReadAllLines(bundle[name]);
            JsonNode state = JsonNode.Parse(lines[0][(name.Length + 1)..])!;
            Assert.Equal((name, status), (name, (string)state["status"]!));
            Assert.Equal(bundle.Id, (string)state["id"]!);
            Assert.Equal(bundle.Path, (string)state["bundle"]!);
            if (name is not "poststop")
                Assert.Equal((name, pid), (name, (int)state["pid"]!));
            // Exactly the configured environment, and "/" as directory.
            Assert.Equal(["ONLY=this", "/"], lines.Skip(1));
        }
    }

    [Theory]
    [InlineData("prestart")]
    [InlineData("createRuntime")]
    [InlineData("createContainer")]
    public void AFailureBeforeCreateEndsTheContainer(string name)
    {
        using Bundle bundle = WithAll(failing: name);
        string error = bundle.Create().Exits(1);
        Assert.Contains($"$.hooks.{name}[0]", error, StringComparison.Ordinal);
        Assert.Contains("does not exist", bundle.Run("state", bundle.Id).Exits(1), StringComparison.Ordinal);
        Assert.False(Directory.Exists("/sys/fs/cgroup/pids/" + bundle.Id));
    }

    [Fact]
    public void AFailureOfStartContainerStopsTheContainer()
    {
        using Bundle bundle = WithAll("sleep 100", failing: "startContainer");
        if (root.Instead("HookTests.AFailureOfStartContainerStopsTheContainer") is { } word)
        {
            bundle.Config["hooks"]!["startContainer"] = Hook(bundle, "startContainer");
            bundle.Save();
            bundle.IsRefused(word, bundle.Create());
            return;
        }
        bundle.Create().Ok();
        Assert.Contains("startContainer", bundle.Start().Exits(1), StringComparison.Ordinal);
        Assert.DoesNotContain("poststart", Order(bundle));
        Assert.Equal("stopped", bundle.Status);
    }

    [Theory]
    [InlineData("poststart")]
    [InlineData("poststop")]
    public void AFailureAfterStartIsOnlyLogged(string name)
    {
        using Bundle bundle = WithAll(failing: name);
        Outcome outcome = bundle.RunToEnd();
        outcome.Ok();
        Assert.Contains($"$.hooks.{name}[0]", outcome.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void AHookThatDoesNotEndIsKilled()
    {
        using var bundle = new Bundle(root, "true", """{"hooks":{"createRuntime":[{"path":"/bin/sleep","args":["sleep","1000"],"timeout":1}]}}""");
        Assert.Contains("did not end within 1 s", bundle.Create().Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void NamespacesAreTheSpecifications()
    {
        using Bundle bundle = WithAll("sleep 100");
        foreach (string name in (string[])[.. Before, .. AtStart])
            bundle.Config["hooks"]![name] = Hook(bundle, name, $"readlink /proc/self/ns/mnt >{bundle["ns-" + name]}");
        bundle.Save();
        bundle.Create().Ok();
        bundle.Start().Ok();
        string ours = File.ReadAllText(bundle["ns-prestart"]);
        string container = Command.Run("readlink", $"/proc/{bundle.Pid}/ns/mnt").Out;
        Assert.Equal(Command.Run("readlink", "/proc/self/ns/mnt").Out, ours);
        Assert.Equal(ours, File.ReadAllText(bundle["ns-createRuntime"]));
        Assert.Equal(container, File.ReadAllText(bundle["ns-createContainer"]));
        if (AtStart.Contains("startContainer"))
            Assert.Equal(container, File.ReadAllText(bundle["ns-startContainer"]));
        Assert.Equal(ours, File.ReadAllText(bundle["ns-poststart"]));
    }
}
