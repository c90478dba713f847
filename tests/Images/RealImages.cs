using System;
using System.IO;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;

namespace Bulkhead.ImageTests;

/// <summary>
/// Images of real programs in the registry, each with its entrypoint and defaults as official ones have them. All but debian share one layer of 1.3 GB, which
/// has Debian's packages of all of them; what differs is the layer above it and the configuration.
/// </summary>
public sealed class RealImages : IDisposable
{
    private readonly TempFolder _folder = new("real");

    public RealImages()
    {
        PackedLayer debian = Packed("debian"), servers = Packed("entrypoints");
        Make("debian", debian, null, new JsonObject { ["Cmd"] = new JsonArray("bash") });
        Make("python", servers, null, new JsonObject { ["Cmd"] = new JsonArray("python3") });
        Make("node", servers, null, new JsonObject { ["Cmd"] = new JsonArray("node") });
        Make("openjdk", servers, null, new JsonObject { ["Cmd"] = new JsonArray("java", "-version"), ["Env"] = new JsonArray("LANG=C.UTF-8", Path) });
        Make("redis", servers, "redis.sh", new JsonObject
        {
            ["Cmd"] = new JsonArray("redis-server"),
            ["Volumes"] = new JsonObject { ["/data"] = new JsonObject() },
            ["WorkingDir"] = "/data",
            ["ExposedPorts"] = new JsonObject { ["6379/tcp"] = new JsonObject() },
            ["Healthcheck"] = new JsonObject { ["Test"] = new JsonArray("CMD", "redis-cli", "ping"), ["Interval"] = 200_000_000 },
        });
        Make("nginx", servers, "nginx.sh", new JsonObject
        {
            ["Cmd"] = new JsonArray("nginx", "-g", "daemon off;"),
            ["ExposedPorts"] = new JsonObject { ["80/tcp"] = new JsonObject() },
            ["StopSignal"] = "SIGQUIT",
        });
        Make("postgres", servers, "postgres.sh", new JsonObject
        {
            ["Cmd"] = new JsonArray("postgres"),
            ["Volumes"] = new JsonObject { ["/var/lib/postgresql/data"] = new JsonObject() },
            ["ExposedPorts"] = new JsonObject { ["5432/tcp"] = new JsonObject() },
            ["StopSignal"] = "SIGINT",
        });
        Command.Run("rm", "-rf", _folder["debian"], _folder["entrypoints"]).Ok();
    }

    internal Person Person { get; } = new();

    private const string Path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    public static string Name(string image) => $"{LocalRegistry.Host}/real/{image}:12";

    public void Dispose()
    {
        Person.Dispose();
        _folder.Dispose();
    }

    /// <summary>A root file system of eng/make-rootfs.sh as a layer, in a file.</summary>
    private PackedLayer Packed(string root)
    {
        string tree = Command.Run(Repository.Root + "/eng/make-rootfs.sh", root).Ok().Trim(), file = _folder[root];
        Command.Run("sh", "-c", "tar -C \"$1\" --numeric-owner --xattrs -cf - . | zstd -q -1 -T0 -o \"$2\"", "sh", tree, file).Ok();
        return new PackedLayer(file, Sum("cat \"$1\"", file), Sum("zstd -dcq \"$1\"", file));
    }

    private static string Sum(string script, string file) => Command.Run("sh", "-c", script + " | sha256sum", "sh", file).Ok()[..64];

    private void Make(string name, PackedLayer layer, string? entrypoint, JsonObject config)
    {
        var layout = new Layout(_folder["layout-" + name]);
        layout.Add(layer);
        if (entrypoint is not null)
        {
            layout.Add(("usr/local/bin/docker-entrypoint.sh", File.ReadAllText($"{Repository.Root}/tests/Folders/Entrypoints/{entrypoint}")));
            config["Entrypoint"] = new JsonArray("docker-entrypoint.sh");
        }
        config["Env"] ??= new JsonArray(Path);
        foreach ((string key, JsonNode? value) in config)
            layout.Config[key] = value!.DeepClone();
        layout.Finish(name);
        Command.Run("skopeo", "copy", "-q", "--preserve-digests", "--dest-tls-verify=false", "oci:" + layout.Folder, "docker://" + Name(name)).Ok();
        Command.Run("rm", "-rf", layout.Folder).Ok();
    }
}
