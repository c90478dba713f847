using System;
using System.Collections.Generic;
using System.IO;
using Bulkhead.Linux;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.CgroupV2;

/// <summary>Changes of a live container's limits, and its end.</summary>
internal static class UpdateCases
{
    private const long MiB = 1 << 20;

    public static void AddTo(Dictionary<string, Action> cases)
    {
        cases.Add("update-order", Order);
        cases.Add("update-untouched", Untouched);
        cases.Add("update-cpu-half", CpuHalf);
        cases.Add("update-swap-alone", SwapAlone);
        cases.Add("update-below-use", BelowUse);
        cases.Add("remove-nested", RemoveNested);
        cases.Add("remove-busy", RemoveBusy);
        cases.Add("found-again", FoundAgain);
    }

    /// <summary>Up and down, in an order that never meets a smaller partner; each value says which limit it came from.</summary>
    private static void Order()
    {
        using var box = new Box(new CgroupResources { MemoryLimit = 64 * MiB, MemorySwap = 64 * MiB });
        foreach (long mib in (long[])[256, 32, 128])
        {
            box.Cgroup.Update(new CgroupResources { MemoryLimit = mib * MiB, MemorySwap = 3 * mib * MiB });
            Check.Equal(((ulong)(mib * MiB), (ulong)(2 * mib * MiB)), (box.Number("memory.max"), box.Number("memory.swap.max")), $"{mib} MiB");
        }
        // A wrong swap is refused before the limit is written.
        Check.Refused(() => box.Cgroup.Update(new CgroupResources { MemoryLimit = 200 * MiB, MemorySwap = 100 * MiB }), "should be >= memory limit");
        Check.Equal((ulong)(128 * MiB), box.Number("memory.max"), "after a refusal");
        box.Cgroup.Update(new CgroupResources { MemoryLimit = -1, MemorySwap = -1 });
        Check.Equal(("max", "max"), (box["memory.max"], box["memory.swap.max"]), "lifted");
    }

    private static void Untouched()
    {
        using var box = new Box(new CgroupResources { MemoryLimit = 64 * MiB, PidsLimit = 7, CpuShares = 512, CpuQuota = 50000, Cpus = "0", Unified = [new("memory.high", "1048576")] });
        box.Cgroup.Update(new CgroupResources());
        box.Cgroup.Update(new CgroupResources { MemoryLimit = 0, CpuShares = 0, CpuQuota = 0, CpuPeriod = 0, Cpus = "", MemoryReservation = 0, MemorySwap = 0 });
        Check.Equal(("67108864", "7", "59"), (box["memory.max"], box["pids.max"], box["cpu.weight"]), "memory, pids, weight");
        Check.Equal(("50000 100000", "0", "1048576"), (box["cpu.max"], box["cpuset.cpus"], box["memory.high"]), "quota, cpuset, high");
    }

    /// <summary>A new period must not lift the quota, nor a new quota reset the period.</summary>
    private static void CpuHalf()
    {
        using var box = new Box(new CgroupResources { CpuQuota = 50000, CpuPeriod = 200000 });
        box.Cgroup.Update(new CgroupResources { CpuPeriod = 100000 });
        Check.Equal("50000 100000", box["cpu.max"], "a new period");
        box.Cgroup.Update(new CgroupResources { CpuPeriod = 200000 });
        box.Cgroup.Update(new CgroupResources { CpuQuota = 30000 });
        Check.Equal("30000 200000", box["cpu.max"], "a new quota");
        box.Cgroup.Update(new CgroupResources { CpuQuota = -1 });
        Check.Equal("max 200000", box["cpu.max"], "the quota lifted");
        box.Cgroup.Update(new CgroupResources { CpuPeriod = 50000 });
        Check.Equal("max 50000", box["cpu.max"], "a period without a quota");
    }

    private static void SwapAlone()
    {
        using var box = new Box(new CgroupResources { MemoryLimit = 64 * MiB, MemorySwap = 64 * MiB });
        box.Cgroup.Update(new CgroupResources { MemorySwap = 96 * MiB });
        Check.Equal(("67108864", "33554432"), (box["memory.max"], box["memory.swap.max"]), "the sum less the limit that is there");
        Check.Refused(() => box.Cgroup.Update(new CgroupResources { MemorySwap = 32 * MiB }), "should be >= memory limit");
        box.Cgroup.Update(new CgroupResources { MemorySwap = -1 });
        Check.Equal(("67108864", "max"), (box["memory.max"], box["memory.swap.max"]), "lifted");
        using var free = new Box(null, "free");
        Check.Refused(() => free.Cgroup.Update(new CgroupResources { MemorySwap = 96 * MiB }), "without memory limit");
    }

    private static void BelowUse()
    {
        using var box = new Box(new CgroupResources { MemoryLimit = 64 * MiB });
        using var shell = new Shell(box, "x=$(head -c 3000000 /dev/zero | tr '\\0' x); echo ready; read line");
        Check.Equal("ready", shell.Line(), "the shell");
        Check.Refused(() => box.Cgroup.Update(new CgroupResources { MemoryLimit = MiB, CheckBeforeUpdate = true }), "rejecting memory limit 1048576 <= usage");
        Check.Refused(() => box.Cgroup.Update(new CgroupResources { MemoryLimit = MiB, MemorySwap = MiB, CheckBeforeUpdate = true }), "rejecting memory+swap limit");
        Check.Equal("67108864", box["memory.max"], "the limit stays");
        box.Cgroup.Update(new CgroupResources { MemoryLimit = 32 * MiB, CheckBeforeUpdate = true });
        Check.Equal("33554432", box["memory.max"], "one above the use is taken");
        shell.Tell("go");
        Check.Equal(0, shell.Status(), "nobody was killed");
    }

    private static void RemoveNested()
    {
        using var box = new Box();
        box.Inner("a/b/c");
        box.Inner("a/d");
        box.Inner("e");
        box.Cgroup.Remove();
        Check.Gone(box.Path);
        box.Cgroup.Remove();
        Check.True(!box.Cgroup.Exists, "removing what is gone");
    }

    private static void RemoveBusy()
    {
        using var box = new Box();
        string inner = box.Inner("inner");
        using var shell = new Shell(box, "echo ready; read line; echo lives");
        Check.Equal("ready", shell.Line(), "the shell");
        LifecycleCases.Move(shell.Pid, inner);
        StepException busy = Check.Refused(box.Cgroup.Remove, "remove cgroup", inner);
        Check.Equal(Errno.EBUSY, busy.Errno, "errno");
        shell.Tell("go");
        Check.Equal("lives", shell.Line(), "a process is never killed by Remove");
        Check.Equal(0, shell.Status(), "status");
        box.Cgroup.Remove();
        Check.Gone(box.Path);
    }

    private static void FoundAgain()
    {
        CgroupLayout layout = CgroupLayout.Detect();
        CgroupTarget target = CgroupTarget.Parse("/cgv2/box", "unused");
        using var box = new Box();
        Check.Equal(Cgroup.PathsOf(layout, target).Entries[0], box.Cgroup.Paths.Entries[0], "paths told before");
        Check.Equal(CgroupLayout.DetectByMountInfo().Mode, layout.Mode, "the mode by mountinfo");
        Check.Equal(Box.Mount, CgroupLayout.DetectByMountInfo().Hierarchies[0].Mount, "the mount by mountinfo");
        using Cgroup again = Cgroup.Open(box.Cgroup.Paths);
        Check.True(again.Exists && again.IsUnified, "opened by saved paths");
        using var shell = new Shell(again.CloneFd!, "read line");
        Check.Equal(1, box.Cgroup.Pids().Count, "one cgroup");
        Check.Refused(() => _ = Box.Open("/sys/fs/cgroup/../x"), "not absolute");
        Check.True(Directory.Exists(again.Paths.Entries[0].Value), "the directory");
    }
}
