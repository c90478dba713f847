using System;
using System.Collections.Generic;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.CgroupV2;

/// <summary>The unified map, and what cgroup v2 has not.</summary>
internal static class UnifiedCases
{
    public static void AddTo(Dictionary<string, Action> cases)
    {
        cases.Add("unified", Unified);
        cases.Add("unified-refused", UnifiedRefused);
        cases.Add("foreign-refused", ForeignRefused);
        cases.Add("failure-leaves-nothing", FailureLeavesNothing);
    }

    private static void Unified()
    {
        string disk = System.IO.File.ReadAllText("/sys/block/vda/dev").Trim();
        using var box = new Box(new CgroupResources
        {
            MemoryLimit = 64 << 20,
            Unified =
            [
                new("memory.high", "33554432"), new("memory.min", "1048576"), new("memory.max", "50331648"), new("cpu.weight", "7"),
                new("pids.max", "9"), new("io.max", $"{disk} rbps=1024\n{disk} wbps=2048\n"), new("cgroup.max.depth", "3"),
            ],
        });
        Check.Equal(("33554432", "1048576"), (box["memory.high"], box["memory.min"]), "memory.high and memory.min");
        Check.Equal("50331648", box["memory.max"], "unified has the last word over the same v1 limit");
        Check.Equal(("7", "9", "3"), (box["cpu.weight"], box["pids.max"], box["cgroup.max.depth"]), "cpu.weight, pids.max, cgroup.max.depth");
        Check.Equal($"{disk} rbps=1024 wbps=2048 riops=max wiops=max", box["io.max"], "one write a line");
    }

    private static void UnifiedRefused()
    {
        (string Key, string Value, string Word)[] table =
        [
            ("../memory.max", "1", "no slashes"), ("memory/max", "1", "no slashes"), ("memory", "1", "CONTROLLER.PARAMETER"), (".max", "1", "CONTROLLER.PARAMETER"),
            ("nothing.max", "1", "controller \"nothing\" not available"), ("memory.nothing", "1", "memory.nothing"), ("pids.max", "many", "pids.max"),
        ];
        foreach ((string key, string value, string word) in table)
        {
            Check.Refused(() => _ = new Box(new CgroupResources { Unified = [new(key, value)] }), word);
            Check.Gone(Box.Top);
        }
    }

    private static void ForeignRefused()
    {
        (CgroupResources Resources, string Word)[] table =
        [
            (new CgroupResources { KernelTcpMemory = 1 << 20 }, "kernelTCP"), (new CgroupResources { Swappiness = 10 }, "swappiness"),
            (new CgroupResources { DisableOomKiller = true }, "disableOOMKiller"), (new CgroupResources { RealtimeRuntime = 1 }, "realtime"),
            (new CgroupResources { RealtimePeriod = 1 }, "realtime"), (new CgroupResources { BlockLeafWeight = 10 }, "leafWeight"),
            (new CgroupResources { NetClassId = 1 }, "classID"), (new CgroupResources { NetPriorities = [new NetPriority("lo", 1)] }, "priorities"),
            (new CgroupResources { Rdma = [new RdmaLimit("mlx4_0", 1, 1)] }, "rdma"),
        ];
        foreach ((CgroupResources resources, string word) in table)
        {
            Check.Refused(() => _ = new Box(resources), word);
            Check.Gone(Box.Top);
        }
    }

    /// <summary>Parents that were there stay, those that were made go.</summary>
    private static void FailureLeavesNothing()
    {
        var bad = new CgroupResources { Unified = [new("memory", "1")] };
        Check.Refused(() => _ = new Box(bad, "a/b/c"), "CONTROLLER.PARAMETER");
        Check.Gone(Box.Top);
        System.IO.Directory.CreateDirectory(Box.Top + "/a");
        Check.Refused(() => _ = new Box(bad, "a/b/c"), "CONTROLLER.PARAMETER");
        Check.Gone(Box.Top + "/a/b");
        Check.True(System.IO.Directory.Exists(Box.Top + "/a"), "a parent of somebody else stays");
    }
}
