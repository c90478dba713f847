using System;
using System.IO;
using System.Threading;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Linux.Tests.Cgroups;

/// <summary>A fresh cgroup that is killed, thawed and removed at the end; nothing of it may be left.</summary>
internal sealed class TestCgroup : IDisposable
{
    private static int s_count;

    public TestCgroup(CgroupResources? resources = null, string? path = null)
    {
        Id = $"bulkhead-test-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        Cgroup = Cgroup.Create(CgroupLayout.Detect(), CgroupTarget.Parse(path?.Replace("ID", Id, StringComparison.Ordinal), Id), resources);
    }

    public string Id { get; }

    public Cgroup Cgroup { get; }

    public void Dispose()
    {
        Assert.True(Cgroup.Kill());
        Cgroup.Remove();
        Cgroup.Dispose();
        foreach ((_, string path) in Cgroup.Paths.Entries)
            Assert.False(Directory.Exists(path), path);
    }
}
