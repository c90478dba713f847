using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;

namespace Bulkhead.Security;

/// <summary>What create does at a path of a shared volume while a process swaps that path.</summary>
/// <param name="Id">Id of the escape table, a point, and a name.</param>
/// <param name="Title">What create makes there.</param>
/// <param name="Configure">Asks for it; the volume is at /vol.</param>
internal sealed record Race(string Id, string Title, Action<JsonObject> Configure)
{
    /// <summary>/vol/point is a directory when it is no link.</summary>
    public bool Directory { get; init; } = true;
}

internal static class Races
{
    /// <summary>What is mounted.</summary>
    public static readonly string Folder = MakeFolder();

    public static readonly IReadOnlyList<Race> All =
    [
        new("E7.mount_directory", "mount on a directory that is swapped for a link", c => Bind(c, "/vol/point", Folder)),
        new("E7.mount_file", "mount on a file that is swapped for a link", c => Bind(c, "/vol/point", Canary)) { Directory = false },
        new("E7.mount_below", "make a mount point below a directory that is swapped for a link", c => Bind(c, "/vol/point/new/deep", Folder)),
        new("E7.device", "make a device in a directory that is swapped for a link", Device),
        new("E7.cwd_made", "make a working directory in one that is swapped for a link", c => c["process"]!["cwd"] = "/vol/point/new"),
    ];

    private static string Canary => Path.Combine(Folder, "canary");

    public static Race Find(string id) => All.Single(r => r.Id == id);

    private static void Bind(JsonObject config, string destination, string source) =>
        config["mounts"]!.AsArray().Add(Config.Mount(destination, source));

    private static void Device(JsonObject config) =>
        config["linux"]!["devices"] = new JsonArray(new JsonObject { ["path"] = "/vol/point/null", ["type"] = "c", ["major"] = 1, ["minor"] = 3 });

    private static string MakeFolder()
    {
        string folder = Path.Combine(Host.Work, "mounted");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "canary"), "of the mount\n");
        return folder;
    }
}
