using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading;

namespace Bulkhead.Chaos;

/// <summary>A bundle and a state directory, for one container called victim of the runtime for engines.</summary>
internal sealed class OciPlace : IDisposable
{
    public const string Id = "victim";
    private readonly Bundle bundle = new();

    private string PidFile => bundle.Folder + "/pid";

    /// <summary>What the container runs; and once what stays: the directory of states and the parent cgroup.</summary>
    public void Begin(params string[] program)
    {
        bundle.Config["process"]!["args"] = new JsonArray(Array.ConvertAll(program, word => (JsonNode)word));
        bundle.Save(Id);
        Prepare("created");
        Must("delete", "--force", Id);
    }

    /// <summary>Its containers have a kernel of their own.</summary>
    public void UseUserKernel() => bundle.Config["annotations"] = new JsonObject { ["dev.bulkhead.isolation"] = "userkernel" };

    public void AddUserNamespaceAndHooks()
    {
        AddUserNamespace();
        AddHooks();
    }

    public void Dispose() => bundle.Dispose();

    public string[] Command(string[] words)
    {
        var command = new List<string> { Place.Runtime, "--root", bundle.States };
        foreach (string word in words)
            command.Add(word switch { "PID" => PidFile, "BUNDLE" => bundle.Folder, _ => word });
        return command.ToArray();
    }

    public void Prepare(string state)
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

    /// <summary>The first process on the host, and all of the container's; none when it has stopped.</summary>
    public (int Init, int[] All) Processes()
    {
        Ran ran = bundle.Oci("ps", "--format", "json", Id);
        return ran.Status != 0 ? (0, []) : (PidOf(StateFile()), [.. JsonNode.Parse(ran.Output)!.AsArray().Select(pid => (int)pid!)]);
    }

    private void Must(params string[] words)
    {
        Ran ran = bundle.Oci(words);
        Assert.True(ran.Status == 0, string.Join(' ', words) + ": " + ran.Errors);
    }

    /// <summary>A process that is dying may do so between our two looks; a lie stays.</summary>
    public string? ListLiesForLong()
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

    /// <summary>Null: nothing is left.</summary>
    public string? CleanUp(IEnumerable<int> pids)
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
