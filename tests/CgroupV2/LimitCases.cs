using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.CgroupV2;

/// <summary>Limits in v1's units arrive in v2's files, converted.</summary>
internal static class LimitCases
{
    private const long MiB = 1 << 20;

    public static void AddTo(Dictionary<string, Action> cases)
    {
        cases.Add("memory", Memory);
        cases.Add("memory-refused", MemoryRefused);
        cases.Add("cpu-max", CpuMax);
        cases.Add("cpu-weight", CpuWeight);
        cases.Add("cpu-burst", CpuBurst);
        cases.Add("cpu-idle", CpuIdle);
        cases.Add("pids-max", PidsMax);
        cases.Add("pids-enforced", PidsEnforced);
        cases.Add("cpuset", Cpuset);
        cases.Add("io-weight", IoWeight);
        cases.Add("io-max", IoMax);
        cases.Add("hugepages", Hugepages);
    }

    private static void Memory()
    {
        using (var box = new Box(new CgroupResources { MemoryLimit = 64 * MiB, MemorySwap = 96 * MiB, MemoryReservation = 32 * MiB }))
        {
            Check.Equal("67108864", box["memory.max"], "memory.max");
            // v1's memsw is memory and swap together.
            Check.Equal("33554432", box["memory.swap.max"], "memory.swap.max");
            Check.Equal("33554432", box["memory.low"], "memory.low");
            Check.Equal("max", box["memory.high"], "memory.high, which no v1 limit means");
        }
        using (var equal = new Box(new CgroupResources { MemoryLimit = 64 * MiB, MemorySwap = 64 * MiB }))
            Check.Equal("0", equal["memory.swap.max"], "no swap");
        using (var alone = new Box(new CgroupResources { MemoryLimit = 64 * MiB }))
            Check.Equal("max", alone["memory.swap.max"], "a limit alone leaves swap");
        using var free = new Box(new CgroupResources { MemoryLimit = 64 * MiB, MemorySwap = 64 * MiB, MemoryReservation = MiB });
        free.Cgroup.Update(new CgroupResources { MemoryLimit = -1, MemoryReservation = -1 });
        Check.Equal("max", free["memory.max"], "memory.max of -1");
        Check.Equal("max", free["memory.swap.max"], "without a memory limit there is none for swap");
        Check.Equal("max", free["memory.low"], "memory.low of -1");
    }

    private static void MemoryRefused()
    {
        Check.Refused(() => _ = new Box(new CgroupResources { MemorySwap = MiB }), "without memory limit");
        Check.Refused(() => _ = new Box(new CgroupResources { MemoryLimit = 2 * MiB, MemorySwap = MiB }), "should be >= memory limit");
        Check.Gone(Box.Top);
    }

    private static void CpuMax()
    {
        (long? Quota, ulong? Period, string Want)[] table =
        [
            (50000, 200000, "50000 200000"), (50000, null, "50000 100000"), (null, 50000, "max 50000"), (-1, null, "max 100000"), (null, null, "max 100000"),
        ];
        foreach ((long? quota, ulong? period, string want) in table)
        {
            using var box = new Box(new CgroupResources { CpuQuota = quota, CpuPeriod = period });
            Check.Equal(want, box["cpu.max"], $"cpu.max of {quota} in {period}");
        }
        Check.Refused(() => _ = new Box(new CgroupResources { CpuQuota = 1 }), "controller cpu", "\"1\"", "cpu.max", "invalid argument");
    }

    /// <summary>The three points that fix the curve, and what lies between and outside.</summary>
    private static void CpuWeight()
    {
        (ulong Shares, string Weight)[] table = [(1, "1"), (2, "1"), (512, "59"), (1024, "100"), (2048, "174"), (262144, "10000"), (1000000, "10000")];
        foreach ((ulong shares, string weight) in table)
        {
            using var box = new Box(new CgroupResources { CpuShares = shares });
            Check.Equal(weight, box["cpu.weight"], $"cpu.weight of {shares} shares");
        }
        using var untouched = new Box(new CgroupResources { CpuShares = 0 });
        Check.Equal("100", untouched["cpu.weight"], "cpu.weight of 0 shares");
    }

    private static void CpuBurst()
    {
        using var box = new Box(new CgroupResources { CpuQuota = 50000, CpuBurst = 40000 });
        Check.Equal("40000", box["cpu.max.burst"], "burst that the fresh quota of none does not hold");
        box.Cgroup.Update(new CgroupResources { CpuQuota = 20000, CpuBurst = 10000 });
        Check.Equal(("20000 100000", "10000"), (box["cpu.max"], box["cpu.max.burst"]), "both lowered");
        box.Cgroup.Update(new CgroupResources { CpuQuota = 100000, CpuBurst = 90000 });
        Check.Equal(("100000 100000", "90000"), (box["cpu.max"], box["cpu.max.burst"]), "both raised");
        Check.Refused(() => box.Cgroup.Update(new CgroupResources { CpuBurst = 100001 }), "cpu.max.burst", "100001", "invalid argument");
    }

    private static void CpuIdle()
    {
        using var box = new Box(new CgroupResources { CpuIdle = 1 });
        Check.Equal("1", box["cpu.idle"], "cpu.idle");
        Check.Refused(() => box.Cgroup.Update(new CgroupResources { CpuShares = 1024 }), "cpu.weight");
        box.Cgroup.Update(new CgroupResources { CpuIdle = 0, CpuShares = 512 });
        Check.Equal(("0", "59"), (box["cpu.idle"], box["cpu.weight"]), "idle ended before the weight");
    }

    private static void PidsMax()
    {
        (long Limit, string Want)[] table = [(42, "42"), (0, "1"), (-1, "max")];
        foreach ((long limit, string want) in table)
        {
            using var box = new Box(new CgroupResources { PidsLimit = limit });
            Check.Equal(want, box["pids.max"], $"pids.max of {limit}");
        }
    }

    private static void PidsEnforced()
    {
        using var box = new Box(new CgroupResources { PidsLimit = 4 });
        Check.Contains("fork", Shell.Try(box, "for i in 1 2 3 4 5 6; do sleep 100 > /dev/null 2>&1 & done"));
        Check.Equal(3, box.Cgroup.Pids().Count, "sleepers beside the shell that is gone");
        Check.True(!box["pids.events"].EndsWith(" 0", StringComparison.Ordinal), "the kernel counted the refusal: " + box["pids.events"]);
    }

    private static void Cpuset()
    {
        using (var box = new Box(new CgroupResources { Cpus = "0", Mems = "0" }))
        {
            Check.Equal(("0", "0"), (box["cpuset.cpus"], box["cpuset.mems"]), "cpuset");
            Check.Equal("0", box["cpuset.cpus.effective"], "cpuset.cpus.effective");
        }
        using (var none = new Box(new CgroupResources { Cpus = "", Mems = "" }))
            Check.Equal(("", ""), (none["cpuset.cpus"], none["cpuset.mems"]), "empty values inherit");
        Check.Refused(() => _ = new Box(new CgroupResources { Cpus = "0-99999" }), "controller cpuset", "cpuset.cpus", "0-99999");
        Check.Gone(Box.Top + "/box");
    }

    /// <summary>A weight arrives in the file that the kernel has, on that file's scale, or is refused by name: never dropped.</summary>
    private static void IoWeight()
    {
        Check.Equal((1UL, 10000UL), (ResourcesV2.IoWeight(10), ResourcesV2.IoWeight(1000)), "the ends of the scale");
        Check.Refused(() => _ = new Box(new CgroupResources { BlockWeightDevices = [new BlockWeight(254, 0, 0, 5)] }), "leafWeight");
        Check.Refused(() => _ = new Box(new CgroupResources { BlockWeightDevices = [new BlockWeight(9, 99, 500, 0)] }), "controller io", "9:99");
        Check.Gone(Box.Top + "/box");
        // The guest's kernel has io.cost's file and no BFQ, and io.cost does not run on its disk.
        using (var box = new Box(new CgroupResources { BlockWeight = 500 }))
            Check.Equal("default 4950", box["io.weight"], "io.weight");
        (long major, long minor) = Disk();
        Check.Refused(() => _ = new Box(new CgroupResources { BlockWeightDevices = [new BlockWeight(major, minor, 1000, 0)] }), $"controller io: cannot write \"{major}:{minor} 10000\"", "io.weight");
        Check.Gone(Box.Top + "/box");
    }

    private static void IoMax()
    {
        (long major, long minor) = Disk();
        using var box = new Box(new CgroupResources
        {
            ReadBps = [new BlockThrottle(major, minor, 1048576)],
            WriteBps = [new BlockThrottle(major, minor, 2097152)],
            ReadIops = [new BlockThrottle(major, minor, 100)],
            WriteIops = [new BlockThrottle(major, minor, 200)],
        });
        Check.Equal($"{major}:{minor} rbps=1048576 wbps=2097152 riops=100 wiops=200", box["io.max"], "io.max");
        box.Cgroup.Update(new CgroupResources { ReadBps = [new BlockThrottle(major, minor, 0)] });
        Check.Equal($"{major}:{minor} rbps=max wbps=2097152 riops=100 wiops=200", box["io.max"], "a rate of 0 lifts one limit");
        Check.Refused(() => box.Cgroup.Update(new CgroupResources { ReadBps = [new BlockThrottle(9, 99, 1)] }), "controller io", "9:99 rbps=1", "io.max");
    }

    private static (long Major, long Minor) Disk()
    {
        string[] numbers = System.IO.File.ReadAllText("/sys/block/vda/dev").Trim().Split(':');
        return (long.Parse(numbers[0], CultureInfo.InvariantCulture), long.Parse(numbers[1], CultureInfo.InvariantCulture));
    }

    private static void Hugepages()
    {
        using (var box = new Box(new CgroupResources { Hugepages = [new HugepageLimit("2MB", 4UL << 20)] }))
        {
            Check.Equal("4194304", box["hugetlb.2MB.max"], "hugetlb.2MB.max");
            Check.Equal("4194304", box["hugetlb.2MB.rsvd.max"], "hugetlb.2MB.rsvd.max");
        }
        Check.Refused(() => _ = new Box(new CgroupResources { Hugepages = [new HugepageLimit("7MB", 1)] }), "hugetlb", "hugetlb.7MB.max");
        Check.Refused(() => _ = new Box(new CgroupResources { Hugepages = [new HugepageLimit("../2MB", 1)] }), "invalid huge page size");
    }
}
