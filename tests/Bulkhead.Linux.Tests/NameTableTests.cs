using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Tests;

/// <summary>The names of the runtime specification against the kernel's numbers.</summary>
public sealed class NameTableTests
{
    [Theory]
    [InlineData("RLIMIT_CPU", Resource.RLIMIT_CPU)]
    [InlineData("RLIMIT_FSIZE", Resource.RLIMIT_FSIZE)]
    [InlineData("RLIMIT_DATA", Resource.RLIMIT_DATA)]
    [InlineData("RLIMIT_STACK", Resource.RLIMIT_STACK)]
    [InlineData("RLIMIT_CORE", Resource.RLIMIT_CORE)]
    [InlineData("RLIMIT_RSS", Resource.RLIMIT_RSS)]
    [InlineData("RLIMIT_NPROC", Resource.RLIMIT_NPROC)]
    [InlineData("RLIMIT_NOFILE", Resource.RLIMIT_NOFILE)]
    [InlineData("RLIMIT_MEMLOCK", Resource.RLIMIT_MEMLOCK)]
    [InlineData("RLIMIT_AS", Resource.RLIMIT_AS)]
    [InlineData("RLIMIT_LOCKS", Resource.RLIMIT_LOCKS)]
    [InlineData("RLIMIT_SIGPENDING", Resource.RLIMIT_SIGPENDING)]
    [InlineData("RLIMIT_MSGQUEUE", Resource.RLIMIT_MSGQUEUE)]
    [InlineData("RLIMIT_NICE", Resource.RLIMIT_NICE)]
    [InlineData("RLIMIT_RTPRIO", Resource.RLIMIT_RTPRIO)]
    [InlineData("RLIMIT_RTTIME", Resource.RLIMIT_RTTIME)]
    public void Rlimits(string name, int number)
    {
        Assert.True(Linux.Rlimits.TryParse(name, out int parsed));
        Assert.Equal(number, parsed);
        Assert.Equal(name, Linux.Rlimits.Name(number));
    }

    [Fact]
    public void An_unknown_rlimit_is_refused() => Assert.False(Linux.Rlimits.TryParse("RLIMIT_FOO", out _));

    [Theory]
    [InlineData("SCHED_OTHER", SchedAttr.SCHED_NORMAL)]
    [InlineData("SCHED_FIFO", SchedAttr.SCHED_FIFO)]
    [InlineData("SCHED_RR", SchedAttr.SCHED_RR)]
    [InlineData("SCHED_BATCH", SchedAttr.SCHED_BATCH)]
    [InlineData("SCHED_IDLE", SchedAttr.SCHED_IDLE)]
    [InlineData("SCHED_DEADLINE", SchedAttr.SCHED_DEADLINE)]
    public void Policies(string name, uint policy)
    {
        Assert.True(Scheduling.TryParsePolicy(name, out uint parsed));
        Assert.Equal(policy, parsed);
    }

    [Theory]
    [InlineData("SCHED_FLAG_RESET_ON_FORK", SchedAttr.SCHED_FLAG_RESET_ON_FORK)]
    [InlineData("SCHED_FLAG_RECLAIM", SchedAttr.SCHED_FLAG_RECLAIM)]
    [InlineData("SCHED_FLAG_DL_OVERRUN", SchedAttr.SCHED_FLAG_DL_OVERRUN)]
    [InlineData("SCHED_FLAG_KEEP_POLICY", SchedAttr.SCHED_FLAG_KEEP_POLICY)]
    [InlineData("SCHED_FLAG_KEEP_PARAMS", SchedAttr.SCHED_FLAG_KEEP_PARAMS)]
    [InlineData("SCHED_FLAG_UTIL_CLAMP_MIN", SchedAttr.SCHED_FLAG_UTIL_CLAMP_MIN)]
    [InlineData("SCHED_FLAG_UTIL_CLAMP_MAX", SchedAttr.SCHED_FLAG_UTIL_CLAMP_MAX)]
    public void Flags(string name, ulong flag)
    {
        Assert.True(Scheduling.TryParseFlag(name, out ulong parsed));
        Assert.Equal(flag, parsed);
    }

    [Theory]
    [InlineData("MPOL_DEFAULT", Mempolicy.MPOL_DEFAULT)]
    [InlineData("MPOL_PREFERRED", Mempolicy.MPOL_PREFERRED)]
    [InlineData("MPOL_BIND", Mempolicy.MPOL_BIND)]
    [InlineData("MPOL_INTERLEAVE", Mempolicy.MPOL_INTERLEAVE)]
    [InlineData("MPOL_LOCAL", Mempolicy.MPOL_LOCAL)]
    [InlineData("MPOL_PREFERRED_MANY", Mempolicy.MPOL_PREFERRED_MANY)]
    [InlineData("MPOL_WEIGHTED_INTERLEAVE", Mempolicy.MPOL_WEIGHTED_INTERLEAVE)]
    public void Memory_modes(string name, int mode)
    {
        Assert.True(Scheduling.TryParseMemoryMode(name, out int parsed));
        Assert.Equal(mode, parsed);
    }

    [Theory]
    [InlineData("MPOL_F_NUMA_BALANCING", Mempolicy.MPOL_F_NUMA_BALANCING)]
    [InlineData("MPOL_F_RELATIVE_NODES", Mempolicy.MPOL_F_RELATIVE_NODES)]
    [InlineData("MPOL_F_STATIC_NODES", Mempolicy.MPOL_F_STATIC_NODES)]
    public void Memory_flags(string name, int flag)
    {
        Assert.True(Scheduling.TryParseMemoryFlag(name, out int parsed));
        Assert.Equal(flag, parsed);
    }

    [Theory]
    [InlineData("IOPRIO_CLASS_RT", 4, (Ioprio.IOPRIO_CLASS_RT << 13) | 4)]
    [InlineData("IOPRIO_CLASS_BE", 7, (Ioprio.IOPRIO_CLASS_BE << 13) | 7)]
    [InlineData("IOPRIO_CLASS_IDLE", 0, Ioprio.IOPRIO_CLASS_IDLE << 13)]
    public void Io_priorities(string name, int priority, int expected)
    {
        Assert.True(Scheduling.TryParseIoClass(name, out int ioClass));
        Assert.Equal(expected, Scheduling.IoPriority(ioClass, priority));
    }

    [Theory]
    [InlineData("LINUX", Personality.PER_LINUX)]
    [InlineData("LINUX32", Personality.PER_LINUX32)]
    public void Personalities(string name, uint domain)
    {
        Assert.True(Scheduling.TryParsePersonality(name, out uint parsed));
        Assert.Equal(domain, parsed);
    }

    [Fact]
    public void Unknown_names_are_refused()
    {
        Assert.False(Scheduling.TryParsePolicy("SCHED_NORMAL", out _));
        Assert.False(Scheduling.TryParseFlag("SCHED_FLAG_ALL", out _));
        Assert.False(Scheduling.TryParseMemoryMode("MPOL_MAX", out _));
        Assert.False(Scheduling.TryParseMemoryFlag("MPOL_F_NODE", out _));
        Assert.False(Scheduling.TryParseIoClass("IOPRIO_CLASS_INVALID", out _));
        Assert.False(Scheduling.TryParsePersonality("linux", out _));
    }
}
