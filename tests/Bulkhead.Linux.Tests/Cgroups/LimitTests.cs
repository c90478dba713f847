using System;
using System.Collections.Generic;
using System.IO;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Linux.Tests.Cgroups;

/// <summary>Limits hold on the real kernel.</summary>
public sealed class LimitTests
{
    [Fact]
    public void A_fork_bomb_stops_at_the_pids_limit()
    {
        using var test = new TestCgroup(new CgroupResources { PidsLimit = 6 });
        using var guest = new Guest(test.Cgroup, "for i in 1 2 3 4 5 6 7 8 9; do sleep 60 >/dev/null 2>&1 & done; echo all");
        Assert.Contains("ork", guest.Finish(), StringComparison.Ordinal);
        Assert.InRange(test.Cgroup.Pids().Count, 1, 6);
        Assert.Equal("6", Guest.FileText(test.Cgroup, "pids", "pids.max"));
    }

    [Fact]
    public void A_process_above_the_memory_limit_is_killed_and_the_event_comes()
    {
        using var test = new TestCgroup(new CgroupResources { MemoryLimit = 16 << 20, MemorySwap = 16 << 20 });
        using OomWatch watch = test.Cgroup.WatchOom();
        Assert.Equal(OomEvent.Timeout, watch.Wait(0));
        using var guest = new Guest(test.Cgroup, "head -c 200000000 /dev/zero | tail | wc -c; echo end");
        Assert.Contains("end", guest.Finish(), StringComparison.Ordinal);
        Assert.Equal(OomEvent.Oom, watch.Wait(10_000));
        Assert.True(test.Cgroup.OomKills() >= 1);
    }

    [Fact]
    public void Device_rules_refuse_with_eperm()
    {
        using var test = new TestCgroup(new CgroupResources { Devices = [new(false, 'a', null, null, "rwm"), .. DeviceRule.Default] });
        using var allowed = new Guest(test.Cgroup, "head -c1 /dev/zero >/dev/null");
        Assert.Equal(("", 0), (allowed.Finish(), allowed.Status));
        string node = Path.Combine(Path.GetTempPath(), test.Id);
        try
        {
            using var made = new Guest(test.Cgroup, $"mknod {node} c 1 1 && head -c1 {node}");
            Assert.Contains("Operation not permitted", made.Finish(), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(node);
        }
    }

    [Fact]
    public void Device_rules_take_one_write_for_each_distinct_device()
    {
        using var test = new TestCgroup(new CgroupResources
        {
            Devices = [new(false, 'a', null, null, "rwm"), new(true, 'c', 1, 3, "r"), new(true, 'c', 1, 3, "w"), new(true, 'c', 1, 5, "rwm")],
        });
        Assert.Equal(["c 1:3 rw", "c 1:5 rwm"], Lines(test, "devices.list"));
        test.Cgroup.Update(new CgroupResources { Devices = [new(true, 'c', 1, 3, "r"), new(true, 'c', 1, 7, "rw")] });
        Assert.Equal(["c 1:3 r", "c 1:7 rw"], Lines(test, "devices.list"));
        test.Cgroup.Update(new CgroupResources { Devices = [new(true, 'a', null, null, "rwm")] });
        Assert.Equal(["a *:* rwm"], Lines(test, "devices.list"));
    }

    [Fact]
    public void Every_value_is_in_its_file()
    {
        using var test = new TestCgroup(new CgroupResources
        {
            CpuShares = 512,
            CpuQuota = 50000,
            CpuPeriod = 100000,
            CpuBurst = 1000,
            CpuIdle = 0,
            Cpus = "0",
            Mems = "0",
            MemoryLimit = 64 << 20,
            MemorySwap = 128 << 20,
            MemoryReservation = 32 << 20,
            Swappiness = 10,
            DisableOomKiller = true,
            UseHierarchy = true,
            KernelTcpMemory = 1 << 20,
        });
        (string Controller, string File, string Value)[] expected =
        [
            ("cpu", "cpu.shares", "512"), ("cpu", "cpu.cfs_quota_us", "50000"), ("cpu", "cpu.cfs_period_us", "100000"), ("cpu", "cpu.cfs_burst_us", "1000"),
            ("cpuset", "cpuset.cpus", "0"), ("cpuset", "cpuset.mems", "0"),
            ("memory", "memory.limit_in_bytes", "67108864"), ("memory", "memory.memsw.limit_in_bytes", "134217728"),
            ("memory", "memory.soft_limit_in_bytes", "33554432"), ("memory", "memory.swappiness", "10"),
            ("memory", "memory.kmem.tcp.limit_in_bytes", "1048576"),
        ];
        foreach ((string controller, string file, string value) in expected)
            Assert.Equal((file, value), (file, Guest.FileText(test.Cgroup, controller, file)));
        Assert.Contains("oom_kill_disable 1", Guest.FileText(test.Cgroup, "memory", "memory.oom_control"), StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_and_swap_can_be_raised_and_lowered()
    {
        using var test = new TestCgroup(new CgroupResources { MemoryLimit = 64 << 20, MemorySwap = 64 << 20 });
        foreach (long mib in (long[])[256, 32, 128])
        {
            test.Cgroup.Update(new CgroupResources { MemoryLimit = mib << 20, MemorySwap = mib << 20 });
            Assert.Equal((mib << 20).ToString(System.Globalization.CultureInfo.InvariantCulture), Guest.FileText(test.Cgroup, "memory", "memory.memsw.limit_in_bytes"));
        }
        test.Cgroup.Update(new CgroupResources { MemoryLimit = -1 });
        Assert.Equal(Guest.FileText(test.Cgroup, "memory", "memory.limit_in_bytes"), Guest.FileText(test.Cgroup, "memory", "memory.memsw.limit_in_bytes"));
        StepException refused = Assert.Throws<StepException>(() => test.Cgroup.Update(new CgroupResources { Swappiness = 101 }));
        Assert.Contains("swappiness", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_below_the_use_is_refused_when_asked()
    {
        using var test = new TestCgroup(new CgroupResources { MemoryLimit = 512 << 20 });
        using var guest = new Guest(test.Cgroup, "x=$(head -c 3000000 /dev/zero | tr '\\0' x); echo ready; read line");
        Assert.Equal("ready", guest.Line());
        StepException refused = Assert.Throws<StepException>(
            () => test.Cgroup.Update(new CgroupResources { MemoryLimit = 1 << 20, CheckBeforeUpdate = true }));
        Assert.StartsWith("rejecting memory limit 1048576 <= usage", refused.Message, StringComparison.Ordinal);
        Assert.Equal("536870912", Guest.FileText(test.Cgroup, "memory", "memory.limit_in_bytes"));
        guest.Tell("go");
        Assert.Equal(0, guest.Status);
    }

    [Fact]
    public void What_the_machine_lacks_is_an_error_by_name_and_leaves_nothing()
    {
        (CgroupResources Resources, string Word)[] cases =
        [
            (new CgroupResources { NetClassId = 1 }, "net_cls"),
            (new CgroupResources { NetPriorities = [new("lo", 1)] }, "net_prio"),
            (new CgroupResources { Rdma = [new("mlx", 1, 1)] }, "rdma"),
            (new CgroupResources { BlockLeafWeight = 100 }, "blkio.leaf_weight"),
            (new CgroupResources { Hugepages = [new("7MB", 1)] }, "hugetlb.7MB"),
            (new CgroupResources { Unified = [new("memory.max", "1")] }, "memory"),
            (new CgroupResources { Unified = [new("a/b", "1")] }, "no slashes"),
            (new CgroupResources { CpuShares = 1 }, "minimum allowed cpu-shares is 2"),
            (new CgroupResources { Cpus = "99" }, "cpuset.cpus"),
        ];
        foreach ((CgroupResources resources, string word) in cases)
        {
            string id = $"bulkhead-refused-{Environment.ProcessId}";
            StepException refused = Assert.Throws<StepException>(() => Cgroup.Create(CgroupLayout.Detect(), CgroupTarget.Parse(null, id), resources));
            Assert.Contains(word, refused.Message, StringComparison.Ordinal);
            foreach (CgroupHierarchy hierarchy in CgroupLayout.Detect().Hierarchies)
                Assert.False(Directory.Exists($"{hierarchy.Mount}/{id}"), $"{hierarchy.Mount}/{id} after {word}");
        }
    }

    [Fact]
    public void Huge_pages_are_limited_in_the_unified_hierarchy_of_a_hybrid_machine()
    {
        using var test = new TestCgroup(new CgroupResources { Hugepages = [new("2MB", 4 << 20)], Unified = [new("cgroup.max.depth", "3")] });
        Assert.Equal("4194304", Guest.FileText(test.Cgroup, "", "hugetlb.2MB.max"));
        Assert.Equal("3", Guest.FileText(test.Cgroup, "", "cgroup.max.depth"));
    }

    private static List<string> Lines(TestCgroup test, string file)
    {
        var lines = new List<string>(Guest.FileText(test.Cgroup, "devices", file).Split('\n'));
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }
}
