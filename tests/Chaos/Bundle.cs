using System;
using System.IO;
using System.Text.Json.Nodes;

namespace Bulkhead.Chaos;

/// <summary>A folder with a busybox bundle and a state root of its own, removed at the end.</summary>
internal sealed class Bundle : IDisposable
{
    private static readonly string[] Programs = ["true", "sleep", "sh", "echo", "ls"];

    public Bundle(Action<JsonNode>? change = null)
    {
        Folder = Directory.CreateTempSubdirectory("bulkhead-chaos-").FullName;
        Directory.CreateDirectory(Root + "/bin");
        Assert.Equal(0, Ran.Run("cp", "/bin/busybox", Root + "/bin").Status);
        foreach (string program in Programs)
            File.CreateSymbolicLink(Root + "/bin/" + program, "busybox");
        Ran written = Ran.RunWith(Folder, Place.Runtime, "spec");
        Assert.True(written.Status == 0, written.Errors);
        JsonNode config = JsonNode.Parse(File.ReadAllText(ConfigPath))!;
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = new JsonArray("/bin/sleep", "1000");
        config["linux"]!["cgroupsPath"] = "/" + CgroupParent + "/default";
        change?.Invoke(config);
        Config = config;
        Save();
    }

    public string Folder { get; }

    public string Root => Folder + "/rootfs";

    public string States => Folder + "/states";

    public string ConfigPath => Folder + "/config.json";

    public JsonNode Config { get; }

    /// <summary>All cgroups of this bundle's containers are below one of this name, in every hierarchy.</summary>
    public string CgroupParent => Path.GetFileName(Folder);

    /// <summary>Writes <see cref="Config"/> with this cgroup for the next container.</summary>
    public void Save(string cgroup = "default")
    {
        Config["linux"]!["cgroupsPath"] = "/" + CgroupParent + "/" + cgroup;
        File.WriteAllText(ConfigPath, Config.ToJsonString());
    }

    public Ran Oci(params string[] words) => Ran.Run([Place.Runtime, "--root", States, .. words]);

    public void Dispose()
    {
        if (Directory.Exists(States))
        {
            foreach (string state in Directory.GetDirectories(States))
                _ = Oci("delete", "--force", Path.GetFileName(state));
        }
        foreach (string cgroup in HostView.Cgroups(CgroupParent))
        {
            try
            {
                Directory.Delete(cgroup);
            }
            catch (IOException)
            {
                // The test that made it has failed already; its processes are in it.
            }
        }
        Directory.Delete(Folder, recursive: true);
    }
}
