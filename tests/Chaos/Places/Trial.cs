using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json.Nodes;

namespace Bulkhead.Chaos.Places;

/// <summary>
/// The runtime in a place that a shell has made bad: how it ends, that it says why in one line, and that nothing is left. A row of a table
/// takes some ten milliseconds.
/// </summary>
public sealed class Trial : IDisposable
{
    internal Bundle Bundle { get; } = new(config => config["process"]!["args"] = new JsonArray("/bin/true"));

    internal Tracer Tracer { get; } = new();

    private string Names => $"b={Bundle.Folder} w={Bundle.Folder}/row oci='{Place.Runtime} --root {Bundle.States}'\n";

    /// <summary>The bundle's configuration (/bin/true, no hooks), changed for a row.</summary>
    internal void Configure(Action<JsonNode> change)
    {
        JsonNode config = Bundle.Config.DeepClone();
        change(config);
        File.WriteAllText(Bundle.ConfigPath, config.ToJsonString());
    }

    /// <summary>A bind mount of the row's new folder on /out.</summary>
    internal void AddOut(JsonNode config)
    {
        config["mounts"]!.AsArray().Add(new JsonObject
        {
            ["destination"] = "/out",
            ["type"] = "bind",
            ["source"] = Fresh(),
            ["options"] = new JsonArray("bind", "rw"),
        });
        Directory.CreateDirectory(Bundle.Root + "/out");
    }

    /// <summary>A folder for what a row makes, new for each row.</summary>
    internal string Fresh()
    {
        string folder = Bundle.Folder + "/row";
        // Not .NET's: names that are not UTF-8 are beyond it.
        _ = Ran.Run("rm", "-rf", folder);
        return Directory.CreateDirectory(folder).FullName;
    }

    /// <summary>
    /// Runs bulkhead-oci after the shell commands <paramref name="place"/>, in a mount namespace of its own. $b is the bundle, $w the row's
    /// folder, $oci the runtime with its --root. Orphans are adopted, so that none can hide.
    /// </summary>
    internal Ran Oci(string place, params string[] words) => Shell(place + "\nexec $oci \"$@\"", words);

    internal Ran Run(string place) => Oci(place, "run", "--bundle", Bundle.Folder, "row");

    /// <summary>The same without the runtime at the end, and without a look at what is left: for what a row needs.</summary>
    internal void Prepare(string script)
    {
        Ran ran = Ran.Run("sh", "-ec", Names + script);
        Assert.True(ran.Status == 0, ran.Errors);
    }

    internal Ran Shell(string script, params string[] words)
    {
        Trace trace = Tracer.Reap(["unshare", "--mount", "sh", "-c", Names + script, "sh", .. words]);
        var left = new List<int>();
        foreach (string[] line in trace.Lines)
        {
            if (line[0] == "left")
                left.Add(Tracer.Number(line[1]));
        }
        Assert.Empty(HostView.StillAlive(left));
        return trace.Ran with { Status = trace.Status };
    }

    /// <summary>Status 0 and silence, or another status and one line that has the words.</summary>
    internal static void Says(Ran ran, int status, string words)
    {
        Assert.True(ran.Status == status, $"status {ran.Status}, not {status}: {ran.Errors}{ran.Output}");
        Assert.Contains(words, ran.Errors, StringComparison.Ordinal);
        Assert.True(ran.Errors.Split('\n').Length - 1 == (words.Length == 0 ? 0 : 1), "more lines than one: " + ran.Errors);
    }

    /// <summary>No state, no cgroup, no mount. The parent cgroup stays, as runc's does.</summary>
    internal void LeftNothing()
    {
        if (Directory.Exists(Bundle.States))
            Assert.Empty(Directory.GetFileSystemEntries(Bundle.States));
        Assert.DoesNotContain(HostView.Cgroups(Bundle.CgroupParent), path => !path.EndsWith(Bundle.CgroupParent, StringComparison.Ordinal));
        Assert.Empty(HostView.Mounts(Bundle.Folder));
    }

    public void Dispose()
    {
        Fresh();
        Bundle.Dispose();
        Tracer.Dispose();
    }
}
