using System;
using System.Collections.Generic;
using System.IO;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.CgroupV2;

/// <summary>What a cgroup used, and that it ran out of memory.</summary>
internal static class UseCases
{
    private const string Eat = "head -c 100000000 /dev/zero | tail > /dev/null; echo end; read line";

    public static void AddTo(Dictionary<string, Action> cases)
    {
        cases.Add("stats", Stats);
        cases.Add("stats-unlimited", StatsUnlimited);
        cases.Add("oom", Oom);
        cases.Add("oom-gone", OomGone);
    }

    private static ulong Keyed(Box box, string file, string key)
    {
        foreach (string line in box[file].Split('\n'))
        {
            if (line.StartsWith(key + " ", StringComparison.Ordinal))
                return ulong.Parse(line.AsSpan(key.Length + 1), System.Globalization.CultureInfo.InvariantCulture);
        }
        throw new CheckFailedException($"{file} has no {key}");
    }

    /// <summary>The kernel settles charges late even of a frozen cgroup: a value lies between what its file says before and after.</summary>
    private static void Between(ulong before, ulong value, ulong after, string what) =>
        Check.True(value >= Math.Min(before, after) && value <= Math.Max(before, after), $"{what}: {value} is not between {before} and {after}");

    private static void Stats()
    {
        using var box = new Box(new CgroupResources { PidsLimit = 20, MemoryLimit = 64 << 20, MemorySwap = 96 << 20, CpuQuota = 20000, CpuPeriod = 20000 });
        using var shell = new Shell(box, "cat /bin/busybox > /dev/null; i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; echo ready; read line");
        Check.Equal("ready", shell.Line(), "the shell");
        box.Cgroup.Freeze();
        ulong time = Keyed(box, "cpu.stat", "usage_usec"), user = Keyed(box, "cpu.stat", "user_usec"), system = Keyed(box, "cpu.stat", "system_usec");
        ulong periods = Keyed(box, "cpu.stat", "nr_periods"), memory = box.Number("memory.current"), cache = Keyed(box, "memory.stat", "file");
        CgroupStats stats = box.Cgroup.Stats();
        Between(time * 1000, stats.Cpu.Total, Keyed(box, "cpu.stat", "usage_usec") * 1000, "time");
        Between(user * 1000, stats.Cpu.User, Keyed(box, "cpu.stat", "user_usec") * 1000, "user time");
        Between(system * 1000, stats.Cpu.Kernel, Keyed(box, "cpu.stat", "system_usec") * 1000, "system time");
        Between(periods, stats.Cpu.Periods, Keyed(box, "cpu.stat", "nr_periods"), "periods");
        Between(memory, stats.Memory.Usage.Usage, box.Number("memory.current"), "memory");
        Between(cache, stats.Memory.Cache, Keyed(box, "memory.stat", "file"), "page cache");
        Check.True(stats.Cpu.Total > 0 && stats.Memory.Usage.Usage > 0, "numbers that are not zero");
        Check.Equal((64UL << 20, 96UL << 20), (stats.Memory.Usage.Limit, stats.Memory.Swap.Limit), "limits, swap as v1 counts it");
        Check.Equal(stats.Memory.Usage.Usage, stats.Memory.Swap.Usage, "memory and swap on a machine without swap");
        Check.Equal((1UL, 20UL), (stats.PidsCurrent, stats.PidsLimit), "processes");
        Check.Equal(box["memory.stat"].Split('\n').Length, stats.Memory.Raw.Count, "lines of memory.stat");
        Check.Equal((0, 1), (stats.Cpuset.Cpus[0], stats.Cpuset.Cpus.Count), "CPUs");
        Check.Equal(File.Exists(box.Path + "/cpu.pressure"), stats.Cpu.Pressure is not null, "pressure where the kernel keeps it");
    }

    private static void StatsUnlimited()
    {
        using var box = new Box();
        CgroupStats stats = box.Cgroup.Stats();
        Check.Equal((ulong.MaxValue, ulong.MaxValue, 0UL), (stats.Memory.Usage.Limit, stats.Memory.Swap.Limit, stats.PidsLimit), "no limits");
        box.Cgroup.Remove();
        CgroupStats gone = box.Cgroup.Stats();
        Check.Equal((0UL, 0UL, 0UL), (gone.Cpu.Total, gone.Memory.Usage.Usage, gone.PidsCurrent), "of what is gone");
    }

    private static void Oom()
    {
        using var box = new Box(new CgroupResources { MemoryLimit = 16 << 20, MemorySwap = 16 << 20 });
        using OomWatch watch = box.Cgroup.WatchOom();
        Check.Equal((OomEvent.Timeout, 0UL), (watch.Wait(0), box.Cgroup.OomKills()), "before");
        using var shell = new Shell(box, Eat);
        for (string line = shell.Line(); line != "end"; line = shell.Line())
            Check.True(line.Length > 0, "the shell outlives its children");
        Check.Equal(OomEvent.Oom, watch.Wait(10_000), "the event");
        Check.Equal(Keyed(box, "memory.events", "oom_kill"), box.Cgroup.OomKills() ?? 0, "kills by the file");
        Check.True(box.Cgroup.OomKills() > 0, "kills");
        shell.Tell("go");
        Check.Equal(0, shell.Status(), "status");
        Check.Equal(OomEvent.Gone, watch.Wait(10_000), "when it is empty");
    }

    /// <summary>A cgroup that is removed wakes the watcher: none waits for ever.</summary>
    private static void OomGone()
    {
        using var box = new Box();
        using OomWatch watch = box.Cgroup.WatchOom();
        using (var shell = new Shell(box, "read line"))
        {
            Check.True(box.Cgroup.Kill(), "killed");
            Check.Equal(137, shell.Status(), "status");
        }
        box.Cgroup.Remove();
        Check.Equal(OomEvent.Gone, watch.Wait(10_000), "event");
        Check.True(box.Cgroup.OomKills() is null, "no count of what is gone");
    }
}
