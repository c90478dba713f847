using System;
using System.IO;
using System.Linq;
using System.Threading;
using Bulkhead.Engines.Cri;
using Bulkhead.TestSupport;

namespace Bulkhead.Engines;

/// <summary>ctr's containers on a kernel of our own.</summary>
[Collection(nameof(ContainerdGroup))]
public sealed class CtrUserKernelTests(ContainerdEngine containerd) : IClassFixture<CleanAfter<ContainerdEngine>>
{
    [Fact]
    public void RunsAndPassesTheCodeOn()
    {
        Assert.EndsWith("-bulkhead", containerd.RunInUserKernel([], "uk-name", "uname", "-r").Ok(), StringComparison.Ordinal);
        containerd.RunInUserKernel([], "uk-code", "sh", "-c", "exit 3").Exits(3);
        using Pty terminal = containerd.Terminal(40, 100, ContainerdEngine.UserKernelContainer(["--rm", "-t"], "uk-terminal", Window.Shell));
        Window.Follow(terminal);
    }

    [Fact]
    public void ExecPauseKillAndDelete()
    {
        using var log = new TempFolder();
        containerd.Run(ContainerdEngine.UserKernelContainer(["-d", "--log-uri", "file://" + log["log"]], "uk-life", "sh", "-c", "while :; do echo tick; sleep 0.05; done")).Ok();
        Assert.EndsWith("-bulkhead", containerd.Exec("u1", [], "uk-life", "uname", "-r").Ok(), StringComparison.Ordinal);
        containerd.Exec("u2", ["--user", "1000"], "uk-life", "sh", "-c", "exit 9").Exits(9);
        using (Pty terminal = containerd.Terminal(40, 100, ["tasks", "exec", "-t", "--exec-id", "u3", "uk-life", .. Window.Shell]))
            Window.Follow(terminal);
        containerd.Run("tasks", "pause", "uk-life").Ok();
        long before = new FileInfo(log["log"]).Length;
        Thread.Sleep(300); // six ticks that must not come
        Assert.Equal(before, new FileInfo(log["log"]).Length);
        containerd.Run("tasks", "resume", "uk-life").Ok();
        Poll.Until("a tick after the pause", () => new FileInfo(log["log"]).Length > before);
        Assert.True(containerd.Run("tasks", "ps", "uk-life").Ok().Split('\n').Length >= 3);
        containerd.Run("tasks", "kill", "--all", "--signal", "SIGKILL", "uk-life").Ok();
        Poll.Until("the death", () => containerd.Run("tasks", "ls").Ok().Split('\n').First(line => line.StartsWith("uk-life ", StringComparison.Ordinal)).TrimEnd().EndsWith("STOPPED", StringComparison.Ordinal));
        Assert.Contains("exit code 137", containerd.Run("tasks", "delete", "uk-life").Err, StringComparison.Ordinal);
        containerd.Run("containers", "rm", "uk-life").Ok();
    }
}

/// <summary>A kubelet's pods with the handler bulkhead-userkernel: each container has a kernel of its own.</summary>
[Collection(nameof(CriGroup))]
public sealed class CriUserKernelTests(CriEngine cri) : IClassFixture<CleanAfter<CriEngine>>
{
    private const string Handler = "bulkhead-userkernel";

    private static PodSandboxConfig Pod(CriEngine cri) => cri.Pod(new NamespaceOption { Network = NamespaceMode.Pod, Pid = NamespaceMode.Container });

    private static LinuxContainerConfig Plain(LinuxContainerResources? limits = null) => new()
    {
        Resources = limits ?? new LinuxContainerResources(),
        SecurityContext = new LinuxContainerSecurityContext { NamespaceOptions = new NamespaceOption { Network = NamespaceMode.Pod, Pid = NamespaceMode.Container } },
    };

    [Fact]
    public void LifeOfAContainer()
    {
        PodSandboxConfig pod = Pod(cri);
        string podId = cri.RunPod(pod, Handler);
        string id = cri.StartContainer(podId, pod, Plain(), "sh", "-c", "trap 'exit 4' TERM; echo logged; while :; do sleep 0.05; done");
        Assert.Equal(ContainerState.ContainerRunning, cri.Status(id).State);
        ExecSyncResponse exec = cri.Exec(id, "sh", "-c", "uname -r; hostname; ls /sys/class/net; echo err >&2; exit 9");
        string[] lines = exec.Stdout.ToStringUtf8().Split('\n');
        Assert.Equal((9, "err\n", pod.Hostname, "lo"), (exec.ExitCode, exec.Stderr.ToStringUtf8(), lines[1], lines[2]));
        Assert.EndsWith("-bulkhead", lines[0], StringComparison.Ordinal);

        cri.Update(id, new() { MemoryLimitInBytes = 50331648, CpuPeriod = 100000, CpuQuota = 25000 });
        ContainerStats stats = cri.Stats(id);
        Assert.InRange(stats.Memory.WorkingSetBytes.Value, 1UL, 50331648UL);
        cri.StopContainer(id);
        Assert.Equal((ContainerState.ContainerExited, 4), (cri.Status(id).State, cri.Status(id).ExitCode));
        cri.RemoveContainer(id);
        cri.RemovePod(podId);
    }

    /// <summary>What a pod shares elsewhere, its containers do not share here: two of them have a loopback device each.</summary>
    [Fact]
    public void ContainersOfAPodHaveAKernelEach()
    {
        PodSandboxConfig pod = Pod(cri);
        string podId = cri.RunPod(pod, Handler);
        string one = cri.StartContainer(podId, pod, Plain(), "sh", "-c", "nc -l -p 7000 127.0.0.1");
        string two = cri.StartContainer(podId, pod, Plain(), "sleep", "1000");
        Assert.Contains("refused", cri.Exec(two, "nc", "-w", "1", "127.0.0.1", "7000").Stderr.ToStringUtf8(), StringComparison.Ordinal);
        Assert.Equal(0, cri.Exec(one, "true").ExitCode);
        cri.RemovePod(podId);
    }

    [Fact]
    public void TheHostsNetworkIsRefusedByName()
    {
        PodSandboxConfig pod = cri.Pod(new NamespaceOption { Network = NamespaceMode.Node });
        Exception error = Assert.ThrowsAny<Exception>(() => cri.RunPod(pod, Handler));
        Assert.Contains("network namespace", error.Message, StringComparison.Ordinal);
    }
}
