using System.Globalization;
using Bulkhead.TestSupport;

namespace Bulkhead.Engines;

/// <summary>Containers outlive the engine that started them (live-restore of deploy/docker/daemon.json).</summary>
[Collection(nameof(DockerGroup))]
public sealed class DockerRestartTests(DockerEngine docker) : IClassFixture<CleanAfter<DockerEngine>>
{
    private const string Ticker = "while :; do echo tick; sleep 0.1; done";

    [Fact]
    public void ContainersOutliveAnUpgrade()
    {
        string id = Start();
        string dies = Start();
        string pid = docker.Inspect(id, "{{.State.Pid}}");
        int victim = int.Parse(docker.Inspect(dies, "{{.State.Pid}}"), CultureInfo.InvariantCulture);
        docker.Restart(() => Assert.True(Linux.Kill(victim, Linux.SIGKILL)));
        Assert.Equal("running " + pid, docker.Inspect(id, "{{.State.Status}} {{.State.Pid}}"));
        Poll.Until("the death while the engine was away", () => docker.Inspect(dies, "{{.State.Status}}") == "exited");
        StillWorks(id);
        docker.Run("rm", "-f", dies).Ok();
    }

    [Fact]
    public void ContainersOutliveACrash()
    {
        string id = Start();
        string pid = docker.Inspect(id, "{{.State.Pid}}");
        docker.Crash();
        Assert.Equal("running " + pid, docker.Inspect(id, "{{.State.Status}} {{.State.Pid}}"));
        StillWorks(id);
    }

    private string Start(params string[] flags) => docker.Run(["run", "-d", "--network", "none", .. flags, BusyboxImage.Shell, "sh", "-c", Ticker]).Ok();

    private void StillWorks(string id)
    {
        Assert.Equal("entered", docker.Run("exec", id, "echo", "entered").Ok());
        int before = docker.Run("logs", id).Out.Length;
        Poll.Until("more of its log", () => docker.Run("logs", id).Out.Length > before);
        docker.Run("pause", id).Ok();
        docker.Run("unpause", id).Ok();
        docker.Run("kill", id).Ok();
        Assert.Equal("137", docker.Run("wait", id).Ok());
        docker.Run("rm", id).Ok();
    }
}
