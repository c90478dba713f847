using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Bulkhead.TestSupport;

/// <summary>podman with private storage. It has no daemon: conmon stands beside each container.</summary>
public sealed class PodmanEngine : Engine
{
    // docker's default set, so that the same tests fit both; podman's own differs between versions.
    private static readonly string[] s_capabilities =
    [
        "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT",
        "MKNOD", "NET_RAW", "AUDIT_WRITE",
    ];

    private readonly Dictionary<string, string> _environment;

    public PodmanEngine(BusyboxImage image)
    {
        ArgumentNullException.ThrowIfNull(image);

        // podman raises the hard limits to 1048576, which needs CAP_SYS_RESOURCE; build machines' containers often lack it.
        string config = Deployed("podman/containers.conf") + $"""

            [containers]
            default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
            cgroupns = "host"
            default_capabilities = [{string.Join(", ", s_capabilities.Select(c => $"\"{c}\""))}]
            """;
        _environment = new() { ["CONTAINERS_CONF"] = Folder.Write("containers.conf", config), ["TERM"] = "xterm" };
        Run("load", "-q", "-i", image.ShellArchive).Ok();
    }

    public override string[] CommandLine(params string[] args) =>
    [
        "podman", "--root", Folder["root"], "--runroot", Folder["run"], "--tmpdir", Folder["tmp"], "--cgroup-manager", "cgroupfs",
        "--events-backend", "file", "--storage-driver", "overlay", .. args,
    ];

    public override Outcome Run(params string[] args) => Command.Run(CommandLine(args), null, _environment);

    /// <summary>The same for env(1): NAME=VALUE.</summary>
    public string[] Environment => [.. _environment.Select(pair => pair.Key + "=" + pair.Value)];

    /// <summary>What podman run and create need in every test: no network of the host's, and our cgroup.</summary>
    public string[] Container(string verb, params string[] args) => [verb, "--network", "none", "--cgroup-parent", "/" + CgroupParent, .. args];

    /// <summary>Runs a container to its end.</summary>
    public Outcome RunContainer(params string[] args) => Run(Container("run", ["--rm", .. args]));

    public Pty Terminal(ushort rows, ushort columns, params string[] args) => new(rows, columns, CommandLine(args), _environment);

    /// <summary>One field of podman inspect by a Go template.</summary>
    public string Inspect(string container, string template) => Run("inspect", "--type", "container", "--format", template, container).Ok();

    protected override void RemoveContainers()
    {
        Run("pod", "rm", "-fa", "-t", "0").Ok();
        Run("rm", "-fa", "-t", "0").Ok();
    }

    // conmon's cgroup stays for the next container; of a pod's cgroup podman 4.3 forgets the hierarchies that it has no controller for.
    protected override bool IsEngineCgroup(string path) => Path.GetFileName(path) is "conmon" || !Path.GetFileName(path).StartsWith("libpod-", StringComparison.Ordinal);

    // podman keeps its storage's root mounted, so that overlay mounts below it stay private.
    protected override bool IsEngineMount(string path) => path == Folder["root/overlay"];

    protected override string[] RuntimeState() => Leftovers.Bundles(null, Folder.FullPath);
}
