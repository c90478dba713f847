using System.Linq;
using Bulkhead.Isolation.Plan;
using Bulkhead.Oci;
using static Bulkhead.Linux.Abi.Landlock;

namespace Bulkhead.Isolation.Tests.Plan;

/// <summary>The rules for each version of landlock's ABI; what they do is held by tests/Conformance.</summary>
public sealed class LandlockPlannerTests
{
    private static RuntimeConfig Config(bool readOnly = true, bool ownNetwork = true) => new()
    {
        Root = new Root { Path = "/r", Readonly = readOnly },
        Mounts =
        [
            new Mount { Destination = "/proc", Type = "proc" },
            new Mount { Destination = "/dev", Type = "tmpfs" },
            new Mount { Destination = "/dev/pts", Type = "devpts" },
            new Mount { Destination = "/sys", Type = "sysfs", Options = ["ro"] },
            new Mount { Destination = "/data", Type = "none", Options = ["rbind", "rw"] },
            new Mount { Destination = "/media", Type = "none", Options = ["rbind", "rro"] },
        ],
        Linux = new LinuxConfig { Namespaces = ownNetwork ? [new LinuxNamespace { Type = "network" }] : [] },
    };

    private static ulong Access(LandlockPlan plan, string path) => plan.Rules.Single(rule => rule.Path == path).Access;

    [Theory]
    [InlineData(1, 8, 0x1ffful)]
    [InlineData(2, 8, 0x3ffful)]
    [InlineData(3, 8, 0x7ffful)]
    [InlineData(4, 16, 0x7ffful)]
    [InlineData(5, 16, 0xfffful)]
    [InlineData(6, 24, 0xfffful)]
    [InlineData(99, 24, 0xfffful)]
    public void Each_version_gets_what_it_knows(int abi, int size, ulong handled)
    {
        LandlockPlan plan = LandlockPlanner.Plan(Config(), abi);
        Assert.Equal((size, handled), (plan.AttributesSize, plan.Attributes.handled_access_fs));
        Assert.All(plan.Rules, rule => Assert.Equal(0ul, rule.Access & ~handled));
        Assert.All(plan.Rules, rule => Assert.Equal(0ul, rule.Access & (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK)));
    }

    [Fact]
    public void Rules_follow_the_mounts()
    {
        LandlockPlan plan = LandlockPlanner.Plan(Config(), 7);
        Assert.Equal(["/", "/proc", "/dev", "/dev/pts", "/data"], plan.Rules.Select(rule => rule.Path));
        Assert.Equal(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR, Access(plan, "/"));
        Assert.Equal(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE, Access(plan, "/proc"));
        Assert.NotEqual(0ul, Access(plan, "/dev") & LANDLOCK_ACCESS_FS_IOCTL_DEV);
        Assert.Equal(0ul, Access(plan, "/data") & LANDLOCK_ACCESS_FS_IOCTL_DEV);
        Assert.NotEqual(0ul, Access(plan, "/data") & LANDLOCK_ACCESS_FS_REFER);
        Assert.NotEqual(0ul, Access(LandlockPlanner.Plan(Config(readOnly: false), 7), "/") & LANDLOCK_ACCESS_FS_MAKE_REG);
    }

    [Fact]
    public void Only_a_shared_network_is_scoped()
    {
        Assert.Equal(0ul, LandlockPlanner.Plan(Config(), 7).Attributes.scoped);
        Assert.Equal(LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET, LandlockPlanner.Plan(Config(ownNetwork: false), 7).Attributes.scoped);
        Assert.Equal(0ul, LandlockPlanner.Plan(Config(ownNetwork: false), 5).Attributes.scoped);
    }
}
