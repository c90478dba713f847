using Bulkhead.TestSupport;

namespace Bulkhead.Engines;

/// <summary>Containers that share a pod's namespaces and cgroup.</summary>
[Collection(nameof(PodmanGroup))]
public sealed class PodmanPodTests(PodmanEngine podman) : IClassFixture<CleanAfter<PodmanEngine>>
{
    [Fact]
    public void ContainersOfAPodShareIt()
    {
        podman.Run("pod", "create", "--name", "pod", "--network", "none", "--share", "pid,ipc,uts,net", "--hostname", "fleet", "--cgroup-parent", "/" + podman.CgroupParent).Ok();
        podman.Run("run", "-d", "--pod", "pod", "--name", "one", BusyboxImage.Shell, "sleep", "1000").Ok();
        const string Script = "for n in pid ipc uts net; do readlink /proc/self/ns/$n; done; hostname; ps | grep -c '[s]leep 1000'; cat /proc/1/comm";
        string one = podman.Run("exec", "one", "sh", "-c", Script).Ok();
        string two = podman.Run("run", "--rm", "--pod", "pod", BusyboxImage.Shell, "sh", "-c", Script).Ok();
        Assert.Equal(one, two);
        Assert.EndsWith("fleet\n1\ncatatonit", two);
        podman.Run("pod", "pause", "pod").Ok();
        Assert.Equal("paused", podman.Inspect("one", "{{.State.Status}}"));
        podman.Run("pod", "unpause", "pod").Ok();
        podman.Run("pod", "stop", "-t", "0", "pod").Ok();
        podman.Run("pod", "rm", "-f", "pod").Ok();
    }
}
