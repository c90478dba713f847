using System;
using System.IO;
using System.Text.Json.Nodes;

namespace Bulkhead.TestSupport;

/// <summary>dockerd with a containerd of its own, both started by hand on private sockets and folders.</summary>
public sealed class DockerEngine : Engine
{
    private readonly Daemon _containerd;
    private readonly Daemon _docker;

    public DockerEngine(BusyboxImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        _containerd = new Daemon(Folder["containerd.log"], ["containerd", "--config", Folder.Write("containerd.toml", ContainerdConfig())], () => File.Exists(Folder["c.sock"]));
        _docker = new Daemon(Folder["docker.log"], ["dockerd", "--config-file", Folder.Write("daemon.json", DockerConfig())], () => File.Exists(Folder["d.sock"]) && Run("version").ExitCode == 0);
        _containerd.Start();
        _docker.Start();
        Run("load", "-q", "-i", image.ShellArchive).Ok();
    }

    public override string[] CommandLine(params string[] args) => ["/usr/bin/docker", "-H", "unix://" + Folder["d.sock"], .. args];

    public override Outcome Run(params string[] args) => Command.Run(CommandLine(args));

    /// <summary>Runs a container without network to its end.</summary>
    public Outcome RunContainer(params string[] args) => Run(["run", "--rm", "--network", "none", .. args]);

    public Pty Terminal(ushort rows, ushort columns, params string[] args) => new(rows, columns, CommandLine(args));

    public string Inspect(string container, string template) => Run("inspect", "--format", template, container).Ok();

    /// <summary>Stops dockerd as an upgrade does, lets something happen meanwhile, and starts it again.</summary>
    public void Restart(Action meanwhile)
    {
        ArgumentNullException.ThrowIfNull(meanwhile);
        _docker.Stop();
        meanwhile();
        _docker.Start();
    }

    /// <summary>Kills dockerd and containerd as a crash does, and starts both again.</summary>
    public void Crash()
    {
        _docker.Crash();
        _containerd.Crash();

        // The file of a killed dockerd stays, and a new one refuses to start if some process has its number by then.
        File.Delete(Folder["d.pid"]);
        File.Delete(Folder["d.sock"]);
        File.Delete(Folder["c.sock"]);
        _containerd.Start();
        _docker.Start();
    }

    protected override void RemoveContainers()
    {
        string ids = Run("ps", "-aq").Ok();
        if (ids.Length > 0)
        {
            Run(["rm", "-f", .. ids.Split('\n')]).Ok();
        }
    }

    protected override void Shutdown()
    {
        _docker.Dispose();
        _containerd.Dispose();
    }

    protected override bool IsEngine(string process) =>
        process is not null && (process.Contains("containerd --config", StringComparison.Ordinal) || process.Contains("dockerd --config-file", StringComparison.Ordinal));

    // docker makes its data folder a mount, to keep mounts below it private, and keeps the namespace file of --network host, for later containers.
    protected override bool IsEngineMount(string path) => path == Folder["data"] || path == Folder["exec/netns/default"];

    protected override string[] RuntimeState() =>
        [.. Names(Folder[$"exec/runtime-bulkhead/{Folder.Name}"]), .. Names(Folder[$"exec/runtime-bulkhead-userkernel/{Folder.Name}"]), .. Names(Folder[$"exec/runtime-runc/{Folder.Name}"]), .. Names(Folder[$"state/io.containerd.runtime.v2.task/{Folder.Name}"])];

    private string ContainerdConfig() => $"""
        version = 2
        root = "{Folder["croot"]}"
        state = "{Folder["state"]}"
        disabled_plugins = ["io.containerd.grpc.v1.cri"]

        [grpc]
          address = "{Folder["c.sock"]}"

        [ttrpc]
          address = "{Folder["t.sock"]}"
        """;

    private string DockerConfig()
    {
        JsonObject config = JsonNode.Parse(Deployed("docker/daemon.json"))?.AsObject() ?? throw new InvalidDataException("deploy/docker/daemon.json");
        (string Key, JsonNode Value)[] ours =
        [
            ("data-root", Folder["data"]), ("exec-root", Folder["exec"]), ("pidfile", Folder["d.pid"]),
            ("hosts", new JsonArray("unix://" + Folder["d.sock"])), ("containerd", Folder["c.sock"]),
            ("containerd-namespace", Folder.Name), ("containerd-plugins-namespace", Folder.Name + "p"),
            ("cgroup-parent", "/" + CgroupParent), ("storage-driver", "overlay2"),
            ("bridge", "none"), ("iptables", false), ("ip6tables", false), ("ip-masq", false), ("ip-forward", false),
        ];
        foreach ((string key, JsonNode value) in ours)
        {
            config[key] = value;
        }

        return config.ToJsonString();
    }
}
