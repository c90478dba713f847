using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading;

namespace Bulkhead.Chaos;

/// <summary>
/// SIGKILL at every state-changing system call of every verb, of the runtime and of each of its children. After each, list tells the
/// truth and one delete --force leaves nothing.
/// </summary>
public sealed class KillTests : IDisposable
{
    private const string Id = "victim";
    private readonly Tracer tracer = new();
    private readonly Bundle bundle = new();
    private string PidFile => bundle.Folder + "/pid";

    /// <summary>A verb as a name, what must be there before, and its words.</summary>
    private static readonly Dictionary<string, (string Before, string[] Words)> Verbs = new()
    {
        ["create"] = ("", ["create", "--pid-file", "PID", "--bundle", "BUNDLE", Id]),
        ["run"] = ("", ["run", "--bundle", "BUNDLE", Id]),
        ["run-detached"] = ("", ["run", "--detach", "--pid-file", "PID", "--bundle", "BUNDLE", Id]),
        ["start"] = ("created", ["start", Id]),
        ["exec"] = ("running", ["exec", Id, "/bin/true"]),
        ["exec-detached"] = ("running", ["exec", "--detach", "--pid-file", "PID", Id, "/bin/sleep", "1000"]),
        ["delete"] = ("stopped", ["delete", Id]),
        ["delete-force"] = ("running", ["delete", "--force", Id]),
    };

    [Theory]
    [InlineData("create", 300)]
    [InlineData("run", 200)]
    [InlineData("start", 8)]
    [InlineData("exec", 80)]
    [InlineData("delete", 15)]
    [InlineData("delete-force", 15)]
    public void Killed_at_every_call(string verb, int least) => Check(verb, least, after: false);

    [Theory]
    [Trait("Speed", "Long")]
    [InlineData("create", 600)]
    [InlineData("run", 400)]
    [InlineData("run-detached", 400)]
    [InlineData("start", 16)]
    [InlineData("exec", 160)]
    [InlineData("exec-detached", 160)]
    [InlineData("delete", 30)]
    [InlineData("delete-force", 30)]
    public void Killed_before_and_after_every_call(string verb, int least) => Check(verb, least, after: true);

    [Theory]
    [Trait("Speed", "Long")]
    [InlineData("create", 600)]
    [InlineData("run", 400)]
    [InlineData("start", 16)]
    [InlineData("exec", 160)]
    [InlineData("delete-force", 30)]
    public void Killed_at_every_call_with_a_user_namespace_and_hooks(string verb, int least)
    {
        AddUserNamespace();
        AddHooks();
        Check(verb, least, after: true);
    }

    public void Dispose()
    {
        bundle.Dispose();
        tracer.Dispose();
    }

    private void Check(string verb, int least, bool after)
    {
        (string before, string[] words) = Verbs[verb];
        bundle.Config["process"]!["args"] = verb == "run" ? new JsonArray("/bin/true") : new JsonArray("/bin/sleep", "1000");
        string[] command = Command(words);
        bundle.Save(Id);
        // Once for what stays: the directory of states and the parent cgroup.
        Prepare("created");
        Must("delete", "--force", Id);
        List<KillPoint> points = Record(verb, before, after, command);
        var names = new HashSet<string>();
        var failures = new List<string>();
        foreach (KillPoint point in points)
        {
            names.Add(point.ToString());
            if (KillAt(point, before, command) is { } failure)
                failures.Add($"{point}: {failure}");
        }
        TestContext.Current.TestOutputHelper!.WriteLine(string.Join('\n', names));
        Assert.True(failures.Count == 0, $"{failures.Count} of {points.Count}:\n" + string.Join('\n', failures));
        Assert.InRange(names.Count, least, int.MaxValue);
    }

    /// <summary>What each of several runs does: how often delete looks for processes that are dying is up to the kernel.</summary>
    private List<KillPoint> Record(string verb, string before, bool after, string[] command)
    {
        const int Runs = 3;
        List<KillPoint>? common = null;
        for (int i = 0; i < Runs; i++)
        {
            Prepare(before);
            List<KillPoint> points = tracer.Points(verb, after, command);
            Assert.Null(CleanUp([]));
            if (common is not null)
                common.RemoveAll(point => !points.Contains(point));
            common ??= points;
        }
        return common!;
    }

    /// <summary>Null: all is well after it.</summary>
    private string? KillAt(KillPoint point, string before, string[] command)
    {
        const int Tries = 10;
        for (int i = 0; i < Tries; i++)
        {
            Prepare(before);
            Trace trace = tracer.Kill(point, command);
            string? lie = ListLiesForLong(), left = CleanUp(trace.Pids());
            if (lie is not null || left is not null)
                return lie + " " + left;
            if (trace.Reached)
                return null;
        }
        return "was not reached";
    }

    private string[] Command(string[] words)
    {
        var command = new List<string> { Place.Runtime, "--root", bundle.States };
        foreach (string word in words)
            command.Add(word switch { "PID" => PidFile, "BUNDLE" => bundle.Folder, _ => word });
        return command.ToArray();
    }

    private void Prepare(string state)
    {
        if (state.Length == 0)
            return;
        Must("create", "--bundle", bundle.Folder, Id);
        if (state == "created")
            return;
        Must("start", Id);
        if (state == "running")
            return;
        int pid = PidOf(StateFile());
        Must("kill", Id, "KILL");
        Assert.Empty(HostView.StillAlive([pid]));
    }

    private void Must(params string[] words)
    {
        Ran ran = bundle.Oci(words);
        Assert.True(ran.Status == 0, string.Join(' ', words) + ": " + ran.Errors);
    }

    /// <summary>A process that is dying may do so between our two looks; a lie stays.</summary>
    private string? ListLiesForLong()
    {
        string? lie = ListLies();
        for (int i = 0; i < 20 && lie is not null; i++)
        {
            Thread.Sleep(20);
            lie = ListLies();
        }
        return lie;
    }

    /// <summary>Null: what list says is what /proc and the state folders say.</summary>
    private string? ListLies()
    {
        Ran list = bundle.Oci("list", "--format", "json");
        if (list.Status != 0)
            return "list failed: " + list.Errors;
        JsonArray entries = JsonNode.Parse(list.Output) as JsonArray ?? [];
        JsonNode? state = StateFile();
        bool exists = state is not null || Cgroups().Count > 0;
        if (entries.Count == 0)
            return exists ? "list leaves out a container that has resources" : null;
        if (entries.Count > 1 || state is null || (string?)entries[0]!["id"] != Id)
            return "list shows what does not exist: " + list.Output;
        string status = (string)entries[0]!["status"]!, truth = Truth(PidOf(state));
        return status == truth ? null : $"list says {status}, the kernel says {truth}";
    }

    private string Truth(int pid)
    {
        if (pid == 0 || !HostView.IsAlive(pid))
            return "stopped";
        if (HostView.Program(pid).Contains("memfd:", StringComparison.Ordinal))
            return "created";
        return Cgroups().Exists(IsFrozen) ? "paused" : "running";
    }

    private static bool IsFrozen(string cgroup)
    {
        string v1 = cgroup + "/freezer.self_freezing", v2 = cgroup + "/cgroup.freeze";
        return (File.Exists(v1) && File.ReadAllText(v1).StartsWith('1')) || (!File.Exists(v1) && File.Exists(v2) && File.ReadAllText(v2).StartsWith('1'));
    }

    private string? CleanUp(IEnumerable<int> pids)
    {
        int init = StateFile() is { } state ? PidOf(state) : 0;
        Ran delete = bundle.Oci("delete", "--force", Id);
        if (delete.Status != 0)
            return $"delete --force: {delete.Status} {delete.Errors}";
        var left = HostView.StillAlive(init == 0 ? pids : [init, .. pids]);
        left.AddRange(Cgroups());
        left.AddRange(HostView.Mounts(bundle.Folder));
        if (Directory.Exists(bundle.States))
            left.AddRange(Directory.GetFileSystemEntries(bundle.States));
        left.AddRange(Directory.GetFiles(bundle.Folder, "*.bulkhead-new"));
        File.Delete(PidFile);
        Ran list = bundle.Oci("list", "--quiet");
        if (list.Output.Length > 0 || list.Status != 0)
            left.Add("list after delete: " + list.Output + list.Errors);
        return left.Count == 0 ? null : "left " + string.Join(", ", left);
    }

    /// <summary>The container's own, not their parent, which other containers may share.</summary>
    private List<string> Cgroups() => HostView.Cgroups(bundle.CgroupParent + "/" + Id);

    private JsonNode? StateFile()
    {
        string path = bundle.States + "/" + Id + "/state.json";
        try
        {
            return File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path)) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static int PidOf(JsonNode? state) => (int?)state?["pid"] ?? 0;

    private void AddUserNamespace()
    {
        JsonNode linux = bundle.Config["linux"]!;
        linux["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "user" });
        foreach (string kind in (string[])["uidMappings", "gidMappings"])
            linux[kind] = new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = 100000, ["size"] = 65536 });
        Ran owned = Ran.Run("chown", "-R", "-h", "100000:100000", bundle.Root);
        Assert.True(owned.Status == 0, owned.Errors);
        Assert.True(Ran.Run("chmod", "0711", bundle.Folder).Status == 0);
    }

    private void AddHooks()
    {
        var hooks = new JsonObject();
        foreach (string kind in (string[])["prestart", "createRuntime", "createContainer", "poststart", "poststop"])
            hooks[kind] = new JsonArray(new JsonObject { ["path"] = "/bin/true" });
        hooks["startContainer"] = new JsonArray(new JsonObject { ["path"] = "/bin/true" });
        bundle.Config["hooks"] = hooks;
    }
}
