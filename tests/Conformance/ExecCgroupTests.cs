using System;
using System.IO;

namespace Bulkhead.Conformance;

/// <summary>exec --cgroup: a cgroup below the container's, and no other.</summary>
public sealed class ExecCgroupTests(RootFs root) : IClassFixture<RootFs>
{
    private static readonly bool s_unified = File.Exists("/sys/fs/cgroup/cgroup.controllers");

    private static string Option(string path) => s_unified ? path : "pids:" + path;

    private Bundle Running()
    {
        var bundle = new Bundle(root, "sleep 100");
        bundle.Detached("run", "-d", "--bundle", bundle.Path, bundle.Id).Ok();
        Directory.CreateDirectory((s_unified ? "/sys/fs/cgroup/" : "/sys/fs/cgroup/pids/") + bundle.Id + "/sub");
        return bundle;
    }

    [Fact]
    public void TheProgramIsInTheSubCgroup()
    {
        using Bundle bundle = Running();
        string cgroups = bundle.Run("exec", "--cgroup", Option("sub"), bundle.Id, "/bin/cat", "/proc/self/cgroup").Ok();
        Assert.Single(cgroups.Split('\n'), line => line.EndsWith("/sub", StringComparison.Ordinal));
        string without = bundle.Run("exec", bundle.Id, "/bin/cat", "/proc/self/cgroup").Ok();
        Assert.DoesNotContain("/sub", without, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("../")]
    [InlineData("sub/../..")]
    public void AnotherIsRefused(string path)
    {
        using Bundle bundle = Running();
        bundle.Run("exec", "--cgroup", Option(path), bundle.Id, "/bin/true").Exits(255);
    }
}
