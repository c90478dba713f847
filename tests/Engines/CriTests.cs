using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Bulkhead.Engines.Cri;
using Bulkhead.TestSupport;

namespace Bulkhead.Engines;

/// <summary>What a kubelet asks for.</summary>
[Collection(nameof(CriGroup))]
public sealed class CriTests(CriEngine cri) : IClassFixture<CleanAfter<CriEngine>>
{
    private static readonly string[] s_sleep = ["sleep", "1000"];

    [Fact]
    public void SecurityContextArrives()
    {
        PodSandboxConfig pod = cri.Pod(new NamespaceOption { Network = NamespaceMode.Node });
        string podId = cri.RunPod(pod);
        var security = new LinuxContainerSecurityContext
        {
            RunAsUser = new Int64Value { Value = 1000 },
            RunAsGroup = new Int64Value { Value = 1000 },
            ReadonlyRootfs = true,
            NoNewPrivs = true,
            Capabilities = new Cri.Capability(),
            Seccomp = new SecurityProfile { ProfileType = SecurityProfile.Types.ProfileType.RuntimeDefault },
            NamespaceOptions = new NamespaceOption { Network = NamespaceMode.Node, Pid = NamespaceMode.Container },
        };
        security.Capabilities.DropCapabilities.Add("ALL");
        security.SupplementalGroups.Add(2000);
        security.MaskedPaths.Add("/proc/keys");
        security.ReadonlyPaths.Add("/proc/sys");
        var resources = new LinuxContainerResources { MemoryLimitInBytes = 67108864, CpuPeriod = 100000, CpuQuota = 50000, CpuShares = 512 };
        string id = cri.StartContainer(podId, pod, new LinuxContainerConfig { Resources = resources, SecurityContext = security }, s_sleep);
        Dictionary<string, string> inside = cri.Probe(id, "echo \"keys=$(cat /proc/keys | wc -c)\"; echo \"sys=$(awk '$5 == \"/proc/sys\" { print $6 }' /proc/self/mountinfo)\"");
        Assert.Equal("1000", inside["uid"]);
        Assert.Equal("1000 2000", inside["groups"]);
        Assert.Equal("2", inside["seccomp"]);
        Assert.Equal("1", inside["nnp"]);
        Assert.Equal(Capability.None, inside["capeff"]);
        Assert.Equal(Capability.None, inside["capbnd"]);
        Assert.StartsWith("ro", inside["root"]);
        Assert.Equal("67108864", inside["memory"]);
        Assert.Equal("50000", inside["quota"]);
        Assert.Equal("0", inside["keys"]);
        Assert.StartsWith("ro", inside["sys"]);
        Assert.Equal(Own("net"), inside["ns_net"]);
        Assert.StartsWith("sleep 1000", inside["pid1"]);
        cri.RemovePod(podId);
    }

    [Fact]
    public void DefaultsAndUnconfinedDiffer()
    {
        PodSandboxConfig pod = cri.Pod(new NamespaceOption { Network = NamespaceMode.Node });
        string podId = cri.RunPod(pod);
        Dictionary<string, string> confined = cri.Probe(cri.StartContainer(podId, pod, Security(new() { Seccomp = new() { ProfileType = SecurityProfile.Types.ProfileType.RuntimeDefault } }), s_sleep));
        Dictionary<string, string> free = cri.Probe(cri.StartContainer(podId, pod, Security(new() { Seccomp = new() { ProfileType = SecurityProfile.Types.ProfileType.Unconfined } }), s_sleep));
        Assert.Equal("2", confined["seccomp"]);
        Assert.Equal("0", free["seccomp"]);
        Assert.Equal(Capability.Default, confined["capeff"]);
        cri.RemovePod(podId);
    }

    [Fact]
    public void PrivilegedGetsWhatTheEngineHas()
    {
        var host = new NamespaceOption { Network = NamespaceMode.Node, Pid = NamespaceMode.Node, Ipc = NamespaceMode.Node };
        PodSandboxConfig pod = cri.Pod(host, privileged: true);
        string podId = cri.RunPod(pod);
        string id = cri.StartContainer(podId, pod, Security(new() { Privileged = true, NamespaceOptions = host }), s_sleep);
        Dictionary<string, string> inside = cri.Probe(id, "echo \"sys=$(awk '$5 == \"/sys\" { print $6 }' /proc/self/mountinfo)\"");
        string bounding = File.ReadAllLines("/proc/self/status").First(l => l.StartsWith("CapBnd", StringComparison.Ordinal))[8..];
        Assert.Equal(bounding, inside["capeff"]);
        Assert.Equal("0", inside["seccomp"]);
        Assert.StartsWith("rw", inside["sys"]);
        Assert.Equal(Own("pid"), inside["ns_pid"]);
        Assert.Equal(Own("ipc"), inside["ns_ipc"]);
        cri.RemovePod(podId);
    }

    [Fact]
    public void ContainersOfAPodShareIt()
    {
        var shared = new NamespaceOption { Network = NamespaceMode.Pod, Pid = NamespaceMode.Pod, Ipc = NamespaceMode.Pod };
        PodSandboxConfig pod = cri.Pod(shared);
        pod.Linux.Sysctls["net.ipv4.ip_unprivileged_port_start"] = "100";
        string podId = cri.RunPod(pod);
        string one = cri.StartContainer(podId, pod, Security(new() { NamespaceOptions = shared }), s_sleep);
        string two = cri.StartContainer(podId, pod, Security(new() { NamespaceOptions = shared }), "sleep", "2000");
        const string More = """
            echo "net=$(ls /sys/class/net | tr '\n' ' ')"; echo "address=$(ip -o addr show eth0 | grep -o 10.9.8.7)"; echo "others=$(ps | grep -c '[s]leep [12]000')"
            echo "port=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)"
            """;
        Dictionary<string, string> first = cri.Probe(one, More);
        Dictionary<string, string> second = cri.Probe(two, More);
        Assert.All(["ns_net", "ns_pid", "ns_ipc", "ns_uts", "hostname"], (string key) => Assert.Equal(first[key], second[key]));
        Assert.Equal("eth0 lo other", first["net"]);
        Assert.Equal("10.9.8.7", first["address"]);
        Assert.Equal("2", second["others"]);
        Assert.Equal("100", second["port"]);
        Assert.Equal(pod.Hostname, first["hostname"]);
        Assert.StartsWith("/bin/catatonit", first["pid1"]);
        Assert.NotEqual(Own("net"), first["ns_net"]);
        var target = new NamespaceOption { Pid = NamespaceMode.Target, TargetId = one };
        Assert.Equal(first["ns_pid"], cri.Probe(cri.StartContainer(podId, pod, Security(new() { NamespaceOptions = target }), s_sleep))["ns_pid"]);
        cri.RemovePod(podId);
    }

    [Fact]
    public void LifeOfAContainer()
    {
        PodSandboxConfig pod = cri.Pod(new NamespaceOption { Network = NamespaceMode.Node });
        string podId = cri.RunPod(pod);
        string id = cri.StartContainer(podId, pod, Security(new()), "sh", "-c", "trap 'exit 4' TERM; echo logged; while :; do sleep 0.05; done");
        Assert.Equal(ContainerState.ContainerRunning, cri.Status(id).State);
        ExecSyncResponse exec = cri.Exec(id, "sh", "-c", "echo out; echo err >&2; exit 9");
        Assert.Equal((9, "out\n", "err\n"), (exec.ExitCode, exec.Stdout.ToStringUtf8(), exec.Stderr.ToStringUtf8()));

        cri.Update(id, new() { MemoryLimitInBytes = 50331648, CpuPeriod = 100000, CpuQuota = 25000 });
        Dictionary<string, string> inside = cri.Probe(id);
        Assert.Equal(("50331648", "25000"), (inside["memory"], inside["quota"]));
        ContainerStats stats = cri.Stats(id);
        Assert.InRange(stats.Memory.WorkingSetBytes.Value, 1UL, 50331648UL);
        Assert.NotEqual(0UL, stats.Cpu.UsageCoreNanoSeconds.Value);

        cri.StopContainer(id);
        ContainerStatus status = cri.Status(id);
        Assert.Equal((ContainerState.ContainerExited, 4), (status.State, status.ExitCode));
        cri.RemoveContainer(id);
        cri.RemovePod(podId);
    }

    [Fact]
    public void MissingProgramIsExplained()
    {
        PodSandboxConfig pod = cri.Pod(new NamespaceOption { Network = NamespaceMode.Node });
        string podId = cri.RunPod(pod);
        Exception error = Assert.ThrowsAny<Exception>(() => cri.StartContainer(podId, pod, Security(new()), "/bin/missing"));
        Assert.Contains("no such file or directory", error.Message);
        cri.RemovePod(podId);
    }

    [Fact]
    public void OutOfMemoryIsReported()
    {
        PodSandboxConfig pod = cri.Pod(new NamespaceOption { Network = NamespaceMode.Node });
        string podId = cri.RunPod(pod);

        // The shim loses the event if it comes before the shim watches or when the container ends with it.
        string id = cri.StartContainer(podId, pod, new() { Resources = new() { MemoryLimitInBytes = 16777216 }, SecurityContext = new() }, "sh", "-c", "sleep 0.5; tail /dev/zero; code=$?; sleep 0.5; exit $code");
        Poll.Until("the end", () => cri.Status(id).State == ContainerState.ContainerExited);
        Poll.Until("the reason", () => cri.Status(id).Reason == "OOMKilled");
        Assert.Equal(137, cri.Status(id).ExitCode);
        cri.RemovePod(podId);
    }

    [Fact]
    public void PodsOutliveTheDaemon()
    {
        PodSandboxConfig pod = cri.Pod(new NamespaceOption { Network = NamespaceMode.Node });
        string podId = cri.RunPod(pod);
        string id = cri.StartContainer(podId, pod, Security(new()), s_sleep);
        cri.Restart(crash: true);
        Poll.Until("the CRI plugin", () => Answers(id));
        Assert.Equal(ContainerState.ContainerRunning, cri.Status(id).State);
        Assert.Equal(0, cri.Exec(id, "true").ExitCode);
        cri.RemovePod(podId);
    }

    private static LinuxContainerConfig Security(LinuxContainerSecurityContext security)
    {
        security.NamespaceOptions ??= new NamespaceOption { Network = NamespaceMode.Node, Pid = NamespaceMode.Container };
        return new LinuxContainerConfig { Resources = new LinuxContainerResources(), SecurityContext = security };
    }

    private static string? Own(string kind) => File.ResolveLinkTarget($"/proc/self/ns/{kind}", false)?.Name;

    private bool Answers(string id)
    {
        try
        {
            return cri.Status(id) is not null;
        }
        catch (Grpc.Core.RpcException)
        {
            return false;
        }
    }
}
