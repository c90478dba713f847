using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.Json.Nodes;

namespace Bulkhead.Security;

/// <summary>One way to exhaust something, the limit that stops it, and how far it comes.</summary>
/// <param name="Id">Id of the escape table, a point, and a name.</param>
/// <param name="Title">What is taken.</param>
/// <param name="Command">Of probe/limits.c: what, and the probe's own bound.</param>
/// <param name="Most">With the limit it comes no further.</param>
/// <param name="Error">How it is stopped.</param>
internal sealed record Limit(string Id, string Title, string[] Command, int Most, string Error)
{
    /// <summary>In words.</summary>
    public required string Layer { get; init; }

    /// <summary>The same limit as flags of `bulkhead run`; null: it has none for this.</summary>
    public string[]? Flags { get; init; } = [];

    public required Action<JsonObject> Set { get; init; }

    /// <summary>What the control has instead, where leaving the limit out is not enough.</summary>
    public Action<JsonObject> Lift { get; init; } = _ => { };
}

internal static class Limits
{
    private const string Scratch = "/mnt";

    public static readonly IReadOnlyList<Limit> All =
    [
        new("E38.pids", "fork", ["forks", "64"], 32, "EAGAIN") { Layer = "pids cgroup", Flags = ["--pids-limit", "32"], Set = c => Resources(c)["pids"] = Value("limit", 32) },
        new("E38.memory", "touch memory (MiB)", ["memory", "128"], 64, "KILL") { Layer = "memory cgroup", Flags = ["--memory", "64m"], Set = Memory },
        new("E38.nofile", "open files", ["files", "4096"], 64, "EMFILE") { Layer = "RLIMIT_NOFILE", Flags = ["--ulimit", "nofile=64"], Set = c => Files(c, 64), Lift = c => Files(c, 8192) },
        new("E38.tmpfs_size", "fill a tmpfs (MiB)", ["fill", "16", Scratch], 8, "ENOSPC") { Layer = "size=", Flags = ["--tmpfs", "/mnt:size=8m"], Set = c => Tmpfs(c, "size=8m"), Lift = c => Tmpfs(c) },
        new("E38.tmpfs_inodes", "make files in a tmpfs", ["inodes", "1000", Scratch], 100, "ENOSPC")
        {
            Layer = "nr_inodes=", Flags = null, Set = c => Tmpfs(c, "nr_inodes=100"), Lift = c => Tmpfs(c),
        },
        new("E38.shm", "fill /dev/shm (MiB)", ["fill", "80", "/dev/shm"], 64, "ENOSPC") { Layer = "size= of the profile", Set = _ => { }, Lift = Shm },
    ];

    public static Limit Find(string id) => All.Single(l => l.Id == id);

    private static JsonObject Value(string name, JsonNode value) => new() { [name] = value };

    private static JsonObject Resources(JsonObject config) => config["linux"]!["resources"]!.AsObject();

    private static void Memory(JsonObject config)
    {
        const long Bytes = 64 << 20;
        Resources(config)["memory"] = new JsonObject { ["limit"] = Bytes, ["swap"] = Bytes };
    }

    private static void Files(JsonObject config, int count) => config["process"]!["rlimits"] =
        new JsonArray(new JsonObject { ["type"] = "RLIMIT_NOFILE", ["soft"] = count, ["hard"] = count });

    private static void Tmpfs(JsonObject config, params string[] options) => config["mounts"]!.AsArray().Add(new JsonObject
    {
        ["destination"] = Scratch,
        ["type"] = "tmpfs",
        ["source"] = "tmpfs",
        ["options"] = Config.Strings(["nosuid", "nodev", .. options]),
    });

    private static void Shm(JsonObject config) =>
        config["mounts"]!.AsArray().Single(m => (string)m!["destination"]! == "/dev/shm")!["options"] = Config.Strings("nosuid", "nodev");
}
