using System;
using System.IO;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>An engine's way in: runc's language, the tier by annotation or by the runtime's name.</summary>
public sealed class OciTests : IDisposable
{
    private readonly TempFolder _folder = new("uo");
    private readonly string _bundle, _id = "uo" + Guid.NewGuid().ToString("N");

    public OciTests()
    {
        _bundle = _folder.Make("bundle");
        Command.Run(Repository.Runtime, "spec", "--bundle", _bundle).Ok();
        Change(config =>
        {
            config["process"]!["terminal"] = false;
            config["root"]!["path"] = Roots.Busybox;
        });
    }

    [Fact]
    public void ByAnnotation()
    {
        Change(config => config["annotations"] = new JsonObject { ["dev.bulkhead.isolation"] = "userkernel" });
        Assert.EndsWith("-bulkhead", Run(Repository.Runtime, "uname", "-r"), StringComparison.Ordinal);
    }

    [Fact]
    public void ByTheRuntimesName()
    {
        File.CreateSymbolicLink(_folder["bulkhead-userkernel"], Repository.Runtime);
        Assert.EndsWith("-bulkhead", Run(_folder["bulkhead-userkernel"], "uname", "-r"), StringComparison.Ordinal);
        Assert.DoesNotContain("-bulkhead", Run(Repository.Runtime, "uname", "-r"), StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherTierIsRefusedByName()
    {
        Change(config => config["annotations"] = new JsonObject { ["dev.bulkhead.isolation"] = "microvm" });
        Assert.Contains("isolation microvm is not available", Command.Run(Repository.Runtime, "run", "--bundle", _bundle, _id).Exits(1), StringComparison.Ordinal);
    }

    /// <summary>Each verb finds the tier in the container's state.</summary>
    [Fact]
    public void ALife()
    {
        Change(config =>
        {
            config["annotations"] = new JsonObject { ["dev.bulkhead.isolation"] = "userkernel" };
            config["process"]!["args"] = new JsonArray("sleep", "1000");
        });
        // Its output is a file: the container would keep a pipe of ours open.
        Command.Run("sh", "-c", $"{Repository.Runtime} create --bundle {_bundle} {_id} >{_folder["out"]} 2>&1").Ok();
        Assert.Equal("created", Status());
        Command.Run(Repository.Runtime, "start", _id).Ok();
        Assert.Equal("running", Status());
        Assert.EndsWith("-bulkhead", Command.Run(Repository.Runtime, "exec", _id, "uname", "-r").Ok(), StringComparison.Ordinal);
        Command.Run(Repository.Runtime, "exec", _id, "sh", "-c", "exit 9").Exits(9);
        Command.Run(Repository.Runtime, "pause", _id).Ok();
        Assert.Equal("paused", Status());
        Command.Run(Repository.Runtime, "resume", _id).Ok();
        Command.Run(Repository.Runtime, "kill", _id, "KILL").Ok();
        Poll.Until("its end", () => Status() == "stopped");
        Command.Run(Repository.Runtime, "delete", _id).Ok();
        Assert.False(Directory.Exists("/run/bulkhead/" + _id));
    }

    public void Dispose()
    {
        Command.Run(Repository.Runtime, "delete", "--force", _id);
        _folder.Dispose();
    }

    private string Run(string runtime, params string[] words)
    {
        Change(config => config["process"]!["args"] = new JsonArray([.. Array.ConvertAll(words, word => JsonValue.Create(word))]));
        return Command.Run(runtime, "run", "--bundle", _bundle, _id).Ok();
    }

    private string Status() => JsonNode.Parse(Command.Run(Repository.Runtime, "state", _id).Ok())!["status"]!.GetValue<string>();

    private void Change(Action<JsonNode> change)
    {
        string path = Path.Combine(_bundle, "config.json");
        JsonNode config = JsonNode.Parse(File.ReadAllText(path))!;
        change(config);
        File.WriteAllText(path, config.ToJsonString());
    }
}
