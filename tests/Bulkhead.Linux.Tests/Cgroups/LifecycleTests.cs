using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Threading;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Linux.Tests.Cgroups;

public sealed class LifecycleTests
{
    [Fact]
    public void The_cheap_layout_equals_the_thorough_one()
    {
        CgroupLayout probed = CgroupLayout.Detect(), read = CgroupLayout.DetectByMountInfo();
        Assert.Equal(read.Mode, probed.Mode);
        Assert.Equal(read.Hierarchies.Count, probed.Hierarchies.Count);
        foreach (CgroupHierarchy hierarchy in read.Hierarchies)
            Assert.Contains(hierarchy with { MountRoot = null }, probed.Hierarchies);
    }

    [Fact]
    public void A_process_is_in_every_hierarchy_and_found_again_by_saved_paths()
    {
        using var test = new TestCgroup(path: "/bulkhead-nest/deep/ID");
        using var guest = new Guest(test.Cgroup, "echo ready; read line");
        Assert.Equal("ready", guest.Line());
        foreach (string line in File.ReadAllLines($"/proc/{guest.Pid}/cgroup"))
            Assert.EndsWith($":/bulkhead-nest/deep/{test.Id}", line, StringComparison.Ordinal);
        using var again = Cgroup.Open(test.Cgroup.Paths);
        Assert.True(again.Exists);
        Assert.Equal([guest.Pid], again.Pids());
        guest.Tell("go");
        Assert.Equal(0, guest.Status);
        again.Remove();
        again.Remove();
        Assert.False(again.Exists);
        foreach ((_, string path) in test.Cgroup.Paths.Entries)
        {
            Directory.Delete(Path.GetDirectoryName(path)!);
            Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(path))!);
        }
    }

    [Fact]
    public void A_relative_path_starts_at_our_own_cgroup()
    {
        using var test = new TestCgroup(path: "ID");
        foreach (CgroupHierarchy hierarchy in CgroupLayout.Detect().Hierarchies)
        {
            string own = hierarchy.OwnPath == "/" ? "" : hierarchy.OwnPath;
            Assert.Equal($"{hierarchy.Mount}{own}/{test.Id}", Guest.PathOf(test.Cgroup, hierarchy.Key.Split(',')[0]));
        }
    }

    [Fact]
    public void A_cgroup_with_processes_is_not_taken_over()
    {
        using var test = new TestCgroup();
        using var guest = new Guest(test.Cgroup, "echo ready; read line");
        Assert.Equal("ready", guest.Line());
        StepException refused = Assert.Throws<StepException>(() => Cgroup.Create(CgroupLayout.Detect(), CgroupTarget.Parse(null, test.Id), null));
        Assert.Contains("not empty", refused.Message, StringComparison.Ordinal);
        Assert.True(test.Cgroup.Exists);
    }

    [Fact]
    public void Another_process_can_be_added_with_its_threads()
    {
        using var test = new TestCgroup();
        using Process sleeper = Process.Start("/bin/sleep", "60");
        test.Cgroup.AddProcess(sleeper.Id);
        Assert.Equal([sleeper.Id], test.Cgroup.Pids());
        Assert.True(test.Cgroup.Kill());
        sleeper.WaitForExit();
        Assert.Equal(128 + 9, sleeper.ExitCode);
    }

    [Fact]
    public void Freezing_stops_and_thawing_goes_on()
    {
        using var test = new TestCgroup();
        using var guest = new Guest(test.Cgroup, "while read line; do echo $line; done");
        guest.Tell("one");
        Assert.Equal("one", guest.Line());
        Assert.Equal(FreezeState.Thawed, test.Cgroup.State());
        test.Cgroup.Freeze();
        Assert.Equal(FreezeState.Frozen, test.Cgroup.State());
        guest.Tell("two");
        Assert.True(File.ReadAllText($"/proc/{guest.Pid}/wchan").Length > 0);
        Assert.Equal("FROZEN", Guest.FileText(test.Cgroup, "freezer", "freezer.state"));
        test.Cgroup.Thaw();
        Assert.Equal("two", guest.Line());
        Assert.Equal(FreezeState.Thawed, test.Cgroup.State());
    }

    [Fact]
    public void A_frozen_parent_does_not_make_the_container_paused()
    {
        using var test = new TestCgroup();
        string child = Guest.PathOf(test.Cgroup, "freezer") + "/pod";
        Directory.CreateDirectory(child);
        test.Cgroup.Freeze();
        using var inner = Cgroup.Open(new CgroupPaths([new("freezer", child)]));
        Assert.Equal("FROZEN", File.ReadAllText(child + "/freezer.state").Trim());
        Assert.Equal(FreezeState.Thawed, inner.State());
        test.Cgroup.Thaw();
    }

    [Fact]
    public void Killing_reaches_frozen_and_nested_processes()
    {
        using var test = new TestCgroup();
        using var guest = new Guest(test.Cgroup, "sleep 60 >/dev/null 2>&1 & echo ready; read line");
        Assert.Equal("ready", guest.Line());
        string child = Guest.PathOf(test.Cgroup, "freezer") + "/inner";
        Directory.CreateDirectory(child);
        int sleeper = test.Cgroup.Pids().Find(pid => pid != guest.Pid);
        File.WriteAllText(child + "/cgroup.procs", sleeper.ToString(CultureInfo.InvariantCulture));
        File.WriteAllText(child + "/freezer.state", "FROZEN");
        test.Cgroup.Freeze();
        Assert.True(test.Cgroup.Kill());
        Assert.Empty(test.Cgroup.Pids());
    }

    [Fact]
    public void A_fork_bomb_dies()
    {
        // Twenty shells that fork without end. The limit is only a belt: at a limit dash gives up, and the bomb would end by itself.
        using var test = new TestCgroup(new CgroupResources { PidsLimit = 200 });
        using var guest = new Guest(test.Cgroup, "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do (while :; do /bin/true; done) & done; wait");
        while (test.Cgroup.Pids().Count < 20)
            Thread.Sleep(5);
        Assert.True(test.Cgroup.Kill());
        Assert.Empty(test.Cgroup.Pids());
    }

    [Fact]
    public void A_signal_reaches_all()
    {
        using var test = new TestCgroup();
        using var guest = new Guest(test.Cgroup, "trap 'echo term; exit 3' TERM; echo ready; while :; do sleep 0.05; done");
        Assert.Equal("ready", guest.Line());
        Assert.True(test.Cgroup.Kill(15));
        Assert.Equal("term", guest.Line());
        Assert.Equal(3, guest.Status);
    }

    [Fact]
    public void Statistics_equal_the_files()
    {
        using var test = new TestCgroup(new CgroupResources { PidsLimit = 20, MemoryLimit = 128 << 20 });
        using var guest = new Guest(test.Cgroup, "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo ready; read line");
        Assert.Equal("ready", guest.Line());
        test.Cgroup.Freeze();
        // Even in a frozen cgroup the kernel settles charges late: the value lies between what the files said before and after.
        ulong time = Number(test, "cpuacct", "cpuacct.usage"), memory = Number(test, "memory", "memory.usage_in_bytes");
        CgroupStats stats = test.Cgroup.Stats();
        Between(time, stats.Cpu.Total, Number(test, "cpuacct", "cpuacct.usage"));
        Between(memory, stats.Memory.Usage.Usage, Number(test, "memory", "memory.usage_in_bytes"));
        Assert.Equal((1UL, 20UL), (stats.PidsCurrent, stats.PidsLimit));
        Assert.True(stats.Cpu.Total > 0 && stats.Cpu.User + stats.Cpu.Kernel > 0);
        Assert.Equal(Environment.ProcessorCount, stats.Cpu.Percpu.Count);
        Assert.Equal(128UL << 20, stats.Memory.Usage.Limit);
        Assert.True(stats.Memory.Usage.Max >= stats.Memory.Usage.Usage);
        Assert.Equal(Guest.FileText(test.Cgroup, "memory", "memory.stat").Split('\n').Length, stats.Memory.Raw.Count);
        Assert.Equal(Environment.ProcessorCount, stats.Cpuset.Cpus.Count);
        test.Cgroup.Thaw();
    }

    private static ulong Number(TestCgroup test, string controller, string file) =>
        ulong.Parse(Guest.FileText(test.Cgroup, controller, file), CultureInfo.InvariantCulture);

    private static void Between(ulong before, ulong value, ulong after) => Assert.InRange(value, Math.Min(before, after), Math.Max(before, after));
}
