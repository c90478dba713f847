using System;
using System.IO;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;

namespace Bulkhead.Conformance;

/// <summary>A bundle from the configuration that `spec` writes, with a state directory of its own; disposing deletes the container by force.</summary>
public sealed class Bundle : IDisposable
{
    private readonly TempFolder _folder = new("cb");

    /// <param name="root">Its root file system.</param>
    /// <param name="script">What its shell runs.</param>
    /// <param name="patch">A merge patch (RFC 7386) for the configuration; "name+" appends to an array.</param>
    public Bundle(RootFs root, string script, string patch = "{}")
    {
        ArgumentNullException.ThrowIfNull(root);
        Run("spec", "--bundle", _folder.FullPath).Ok();
        Config = JsonNode.Parse(File.ReadAllText(ConfigFile))!.AsObject();
        Config["root"]!["path"] = root.Path;
        Config["process"]!["terminal"] = false;
        Config["process"]!["args"] = new JsonArray("/bin/sh", "-c", script);
        Config["linux"]!["cgroupsPath"] = "/" + Id;
        if (root.IsUserKernel)
            Config["annotations"] = new JsonObject { ["dev.bulkhead.isolation"] = root.Tier };
        Merge(Config, JsonNode.Parse(patch)!.AsObject());
        Save();
    }

    public string Id => _folder.Name;

    public string Path => _folder.FullPath;

    public JsonObject Config { get; }

    public string ConfigFile => _folder["config.json"];

    public string this[string name] => _folder[name];

    public string[] CommandLine(params string[] args) => [Repository.Runtime, "--root", _folder["state"], .. args];

    public Outcome Run(params string[] args) => Command.Run(CommandLine(args));

    public Outcome RunWith(string input, params string[] args) => Command.Run(CommandLine(args), input, null);

    /// <summary>For commands whose container lives on: files stand for its output, so that nobody waits for the end of a pipe.</summary>
    public Outcome Detached(params string[] args)
    {
        string output = _folder["detached"];
        Outcome outcome = Command.Run(["/bin/sh", "-c", "exec \"$@\" >\"$0.out\" 2>\"$0.err\" </dev/null", output, .. CommandLine(args)]);
        return outcome with { Out = File.ReadAllText(output + ".out"), Err = File.ReadAllText(output + ".err") };
    }

    /// <summary>What the detached container wrote until now.</summary>
    public string Output => File.ReadAllText(_folder["detached.out"]);

    public Outcome Create(params string[] options) => Detached(["create", "--bundle", Path, .. options, Id]);

    public Outcome Start() => Run("start", Id);

    /// <summary>run in the foreground.</summary>
    public Outcome RunToEnd(params string[] options) => Run(["run", "--bundle", Path, .. options, Id]);

    /// <summary>It is not made: one line that names what cannot be.</summary>
    public void IsRefused(string word, Outcome outcome)
    {
        string error = outcome.Exits(1);
        Assert.Contains(word, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.Contains("does not exist", Run("state", Id).Exits(1), StringComparison.Ordinal);
    }

    public JsonObject State() => JsonNode.Parse(Run("state", Id).Ok())!.AsObject();

    public string Status => (string)State()["status"]!;

    public int Pid => (int)State()["pid"]!;

    public void WaitStopped() => Bulkhead.TestSupport.Poll.Until("the container to stop", () => Status == "stopped");

    public void Save() => File.WriteAllText(ConfigFile, Config.ToJsonString());

    /// <summary>A file of the container's cgroup, on v1 of the named controller.</summary>
    public string Cgroup(string controller, string file)
    {
        string v2 = $"/sys/fs/cgroup/{Id}/{file}";
        return File.ReadAllText(File.Exists(v2) ? v2 : $"/sys/fs/cgroup/{controller}/{Id}/{file}").Trim();
    }

    public void Dispose()
    {
        Run("delete", "--force", Id).Ok();
        _folder.Dispose();
    }

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach ((string name, JsonNode? value) in patch)
        {
            if (name.EndsWith('+'))
            {
                var list = target[name[..^1]]?.AsArray() ?? [];
                target[name[..^1]] = list.Parent is null ? list : list.DeepClone();
                foreach (JsonNode? item in value!.AsArray())
                    target[name[..^1]]!.AsArray().Add(item!.DeepClone());
            }
            else if (value is JsonObject inner && target[name] is JsonObject existing)
            {
                Merge(existing, inner);
            }
            else if (value is null)
            {
                target.Remove(name);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }
}
