using System;
using System.IO;
using System.Threading;

namespace Bulkhead.TestSupport;

/// <summary>containerd on private sockets, with runc's shim calling the runtime under test, for ctr and for its CRI plugin.</summary>
public class ContainerdEngine : Engine
{
    private readonly Daemon _daemon;
    private int _logs;

    public ContainerdEngine(BusyboxImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        MakeNetwork();
        string config = $"""
            version = 2
            root = "{Folder["root"]}"
            state = "{Folder["state"]}"
            disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs"]

            [grpc]
              address = "{Address}"

            [ttrpc]
              address = "{Folder["t.sock"]}"

            [plugins."io.containerd.grpc.v1.cri"]
              sandbox_image = "{BusyboxImage.Pause}"
              # Of the machines that tests run on: no AppArmor, and no CAP_SYS_RESOURCE, without which a score cannot be lowered.
              disable_apparmor = true
              restrict_oom_score_adj = true

            [plugins."io.containerd.grpc.v1.cri".cni]
              bin_dir = "{Folder["cni/bin"]}"
              conf_dir = "{Folder["cni/net.d"]}"


            """ + Deployed("containerd/config.toml");
        _daemon = new Daemon(LogFile, ["containerd", "--config", Folder.Write("config.toml", config)], () => File.Exists(Address) && Run("version").ExitCode == 0);
        _daemon.Start();
        Run("images", "import", image.ShellArchive).Ok();
        foreach (string archive in (string[])[image.ShellArchive, image.PauseArchive])
        {
            Command.Run("ctr", "-a", Address, "-n", "k8s.io", "images", "import", archive).Ok();
        }
    }

    /// <summary>The gRPC socket, of containerd's own API and of CRI.</summary>
    public string Address => Folder["c.sock"];

    public string LogFile => Folder["containerd.log"];

    /// <summary>containerd's namespace for ctr; it is the first part of the cgroup's path too.</summary>
    public string Namespace => Folder.Name;

    public override string[] CommandLine(params string[] args) => ["ctr", "-a", Address, "-n", Namespace, .. args];

    public override Outcome Run(params string[] args) => Command.Run(CommandLine(args));

    /// <summary>ctr run with our runtime under runc's shim.</summary>
    public static string[] Container(string[] flags, string id, params string[] command) => ContainerOf(Repository.Runtime, flags, id, command);

    /// <summary>The same on a kernel of our own.</summary>
    public static string[] UserKernelContainer(string[] flags, string id, params string[] command) => ContainerOf(Repository.UserKernelRuntime, flags, id, command);

    private static string[] ContainerOf(string runtime, string[] flags, string id, string[] command) =>
        ["run", .. flags, "--runtime", "io.containerd.runc.v2", "--runc-binary", runtime, BusyboxImage.Shell, id, .. command];

    public Outcome RunContainer(string[] flags, string id, params string[] command) =>
        Logged(id, log => Run(Container(["--rm", "--log-uri", log, .. flags], id, command)));

    public Outcome RunInUserKernel(string[] flags, string id, params string[] command) =>
        Logged(id, log => Run(UserKernelContainer(["--rm", "--log-uri", log, .. flags], id, command)));

    /// <summary>Runs one more program in a container to its end.</summary>
    public Outcome Exec(string execId, string[] flags, string id, params string[] command) =>
        Logged(execId, log => Run(["tasks", "exec", "--log-uri", log, "--exec-id", execId, .. flags, id, .. command]));

    public Pty Terminal(ushort rows, ushort columns, params string[] args) => new(rows, columns, CommandLine(args));

    /// <summary>Stops the daemon as an upgrade does, or as a crash does, and starts it again.</summary>
    public void Restart(bool crash)
    {
        if (crash)
        {
            _daemon.Crash();
        }
        else
        {
            _daemon.Stop();
        }

        _daemon.Start();
    }

    protected override void RemoveContainers()
    {
        string ids = Run("containers", "ls", "-q").Ok();
        foreach (string id in ids.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Run("tasks", "rm", "-f", id);
            Run("containers", "rm", id).Ok();
        }
    }

    protected override void Shutdown()
    {
        _daemon.Dispose();

        // The shim names a state folder for each namespace, which runtimes make and nobody removes.
        if (Directory.Exists(StateRoot))
        {
            Directory.Delete(StateRoot);
        }
    }

    private string StateRoot => $"/run/containerd/runc/{Namespace}";

    // ctr itself drops output of a program that ends quickly; the shim writes a file whole before it says that the program ended.
    private Outcome Logged(string name, Func<string, Outcome> run)
    {
        string log = Folder[$"{name}{Interlocked.Increment(ref _logs)}.log"];
        Outcome outcome = run("file://" + log);
        return File.Exists(log) ? outcome with { Out = File.ReadAllText(log) } : outcome;
    }

    // A network that stays inside the pod: a plugin that puts both ends of a veth pair there, so that a test changes nothing of the host's networks.
    private void MakeNetwork()
    {
        Folder.Make("cni/bin");
        Folder.Make("cni/net.d");
        File.CreateSymbolicLink(Folder["cni/bin/loopback"], "/usr/lib/cni/loopback");
        Folder.Write("cni/net.d/10-inside.conflist", """{"cniVersion":"0.4.0","name":"inside","plugins":[{"type":"inside"}]}""");
        string plugin = Folder.Write("cni/bin/inside", """
            #!/bin/sh
            case $CNI_COMMAND in
            ADD) nsenter --net="$CNI_NETNS" sh -c 'ip link add "$CNI_IFNAME" type veth peer name other && ip addr add 10.9.8.7/32 dev "$CNI_IFNAME" && ip link set "$CNI_IFNAME" up' >&2 &&
              echo '{"cniVersion":"0.4.0","interfaces":[{"name":"'"$CNI_IFNAME"'","sandbox":"'"$CNI_NETNS"'"}],"ips":[{"version":"4","address":"10.9.8.7/32","interface":0}]}' ;;
            VERSION) echo '{"cniVersion":"0.4.0","supportedVersions":["0.3.1","0.4.0"]}' ;;
            esac
            """);
        Command.Run("chmod", "+x", plugin).Ok();
    }

    protected override bool IsEngine(string process) => process is not null && process.Contains("containerd --config", StringComparison.Ordinal);

    protected override string[] RuntimeState() =>
    [
        .. Names(StateRoot), .. Leftovers.Bundles("/run/containerd/runc/k8s.io", Folder.FullPath),
        .. Names(Folder[$"state/io.containerd.runtime.v2.task/{Namespace}"]), .. Names(Folder["state/io.containerd.runtime.v2.task/k8s.io"]),
    ];
}
