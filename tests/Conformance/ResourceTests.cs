using System;
using System.IO;
using System.Linq;
using Bulkhead.TestSupport;

namespace Bulkhead.Conformance;

/// <summary>linux.resources and linux.cgroupsPath on a host with v1 controllers, by the files of the cgroup. tests/GuestV2 has the same for v2.</summary>
public class ResourceTests(RootFs root) : IClassFixture<RootFs>
{
    // The first disk: throttling needs a device that is there.
    private static readonly string s_disk = Directory.GetDirectories("/sys/block").Order(StringComparer.Ordinal)
        .Select(folder => File.ReadAllText(folder + "/dev").Trim()).First();

    [Theory]
    [InlineData("""{"memory":{"limit":67108864}}""", "memory/memory.limit_in_bytes", "67108864")]
    [InlineData("""{"memory":{"limit":67108864,"reservation":33554432}}""", "memory/memory.soft_limit_in_bytes", "33554432")]
    [InlineData("""{"memory":{"limit":67108864,"swap":134217728}}""", "memory/memory.memsw.limit_in_bytes", "134217728")]
    [InlineData("""{"memory":{"swappiness":30}}""", "memory/memory.swappiness", "30")]
    [InlineData("""{"memory":{"disableOOMKiller":true}}""", "memory/memory.oom_control", "oom_kill_disable 1")]
    [InlineData("""{"memory":{"kernelTCP":1048576}}""", "memory/memory.kmem.tcp.limit_in_bytes", "1048576")]
    [InlineData("""{"memory":{"useHierarchy":true}}""", "memory/memory.use_hierarchy", "1")]
    [InlineData("""{"cpu":{"shares":512}}""", "cpu/cpu.shares", "512")]
    [InlineData("""{"cpu":{"quota":50000,"period":200000}}""", "cpu/cpu.cfs_quota_us", "50000")]
    [InlineData("""{"cpu":{"quota":50000,"period":200000}}""", "cpu/cpu.cfs_period_us", "200000")]
    [InlineData("""{"cpu":{"quota":50000,"burst":1000}}""", "cpu/cpu.cfs_burst_us", "1000")]
    [InlineData("""{"cpu":{"idle":1}}""", "cpu/cpu.idle", "1")]
    [InlineData("""{"cpu":{"cpus":"0"}}""", "cpuset/cpuset.cpus", "0")]
    [InlineData("""{"cpu":{"mems":"0"}}""", "cpuset/cpuset.mems", "0")]
    [InlineData("""{"pids":{"limit":42}}""", "pids/pids.max", "42")]
    [InlineData("""{"pids":{"limit":-1}}""", "pids/pids.max", "max")]
    [InlineData("""{"blockIO":{"weight":500}}""", "blkio/blkio.bfq.weight", "500")]
    [InlineData("""{"blockIO":{"throttleReadBpsDevice":[DISK,"rate":1048576}]}}""", "blkio/blkio.throttle.read_bps_device", "DISK 1048576")]
    [InlineData("""{"blockIO":{"throttleWriteBpsDevice":[DISK,"rate":1048577}]}}""", "blkio/blkio.throttle.write_bps_device", "DISK 1048577")]
    [InlineData("""{"blockIO":{"throttleReadIOPSDevice":[DISK,"rate":51}]}}""", "blkio/blkio.throttle.read_iops_device", "DISK 51")]
    [InlineData("""{"blockIO":{"throttleWriteIOPSDevice":[DISK,"rate":52}]}}""", "blkio/blkio.throttle.write_iops_device", "DISK 52")]
    [InlineData("""{"hugepageLimits":[{"pageSize":"2MB","limit":4194304}]}""", "unified/hugetlb.2MB.max", "4194304")]
    [InlineData("""{"unified":{"hugetlb.2MB.max":"2097152"}}""", "unified/hugetlb.2MB.max", "2097152")]
    [InlineData("""{"devices":[{"allow":true,"type":"c","major":10,"minor":229,"access":"rw"}]}""", "devices/devices.list", "c 10:229 rw")]
    public void IsInTheCgroup(string resources, string file, string expected)
    {
        string[] disk = s_disk.Split(':');
        string patch = resources.Replace("DISK", $$"""{"major":{{disk[0]}},"minor":{{disk[1]}}""", StringComparison.Ordinal);
        using var bundle = new Bundle(root, "true", "{\"linux\":{\"resources\":" + patch + "}}");
        bundle.Create().Ok();
        Assert.Contains(expected.Replace("DISK", s_disk, StringComparison.Ordinal), bundle.Cgroup(file.Split('/')[0], file.Split('/')[1]).Split('\n'));
    }

    /// <summary>Of controllers and files that this machine does not have: an error that names the field's controller, never silence.</summary>
    [Theory]
    [InlineData("""{"network":{"classID":1}}""", "net_cls")]
    [InlineData("""{"network":{"priorities":[{"name":"lo","priority":1}]}}""", "net_prio")]
    [InlineData("""{"rdma":{"mlx":{"hcaHandles":1}}}""", "rdma")]
    [InlineData("""{"unified":{"memory.high":"1"}}""", "memory.high")]
    [InlineData("""{"cpu":{"realtimePeriod":1000000,"realtimeRuntime":-2}}""", "rt_")]
    [InlineData("""{"blockIO":{"leafWeight":500}}""", "blkio.leaf_weight")]
    public void WhatCannotBeSetIsAnError(string resources, string word)
    {
        using var bundle = new Bundle(root, "true", "{\"linux\":{\"resources\":" + resources + "}}");
        Assert.Contains(word, bundle.Create().Exits(1), StringComparison.Ordinal);
        Assert.False(Directory.Exists("/sys/fs/cgroup/pids/" + bundle.Id));
    }

    [Fact]
    public void ALimitOfKernelMemoryIsAWarning()
    {
        using var bundle = new Bundle(root, "true", """{"linux":{"resources":{"memory":{"kernel":1048576}}}}""");
        Outcome outcome = bundle.RunToEnd();
        outcome.Ok();
        Assert.Contains("warning: $.linux.resources.memory.kernel", outcome.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void TheProcessIsInTheCgroupOfThePath()
    {
        using var bundle = new Bundle(root, "sleep 100");
        bundle.Config["linux"]!["cgroupsPath"] = $"/{bundle.Id}/below";
        bundle.Save();
        bundle.Create().Ok();
        string[] lines = File.ReadAllLines($"/proc/{bundle.Pid}/cgroup");
        Assert.Contains(lines, line => line.Contains(":pids:", StringComparison.Ordinal) && line.EndsWith($"/{bundle.Id}/below", StringComparison.Ordinal));
        bundle.Run("delete", "--force", bundle.Id).Ok();
        foreach (string parent in Directory.GetDirectories("/sys/fs/cgroup").Select(folder => $"{folder}/{bundle.Id}").Where(Directory.Exists))
            Directory.Delete(parent);
    }
}
