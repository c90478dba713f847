using Bulkhead.TestSupport;

namespace Bulkhead.Conformance;

/// <summary>A user without rights may open its own standard output again, as programs do whose log is a link to /dev/stdout.</summary>
public class StreamTests(RootFs root) : IClassFixture<RootFs>
{
    private const string Reopen = "echo out >/dev/stdout; echo err >/dev/stderr; id -u";

    [Theory]
    [InlineData("""{"process":{"user":{"uid":1000,"gid":1000}}}""")]
    [InlineData("""{"process":{"user":{"uid":1000,"gid":1000}},"linux":{"namespaces+":[{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":500},{"containerID":500,"hostID":200000,"size":65000}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}""")]
    public void StandardOutputMayBeOpenedAgain(string patch)
    {
        using var ending = new Bundle(root, Reopen, patch);
        Outcome run = ending.RunToEnd();
        Assert.Equal(("out\n1000\n", "err\n"), (run.Out, run.Err));
        using var living = new Bundle(root, "sleep 100", patch);
        living.Detached("run", "-d", "--bundle", living.Path, living.Id).Ok();
        Outcome exec = living.Run("exec", living.Id, "/bin/sh", "-c", Reopen);
        Assert.Equal(("out\n1000\n", "err\n"), (exec.Out, exec.Err));
    }
}
