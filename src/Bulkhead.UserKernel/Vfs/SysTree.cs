using System;
using System.Globalization;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs.Proc;

namespace Bulkhead.UserKernel.Vfs;

/// <summary>/sys: what C libraries, nproc, lscpu and language runtimes look for.</summary>
internal static class SysTree
{
    private static readonly string[] CacheFiles = ["level", "type", "size", "coherency_line_size", "number_of_sets", "ways_of_associativity", "physical_line_partition", "id"];

    public static DirectoryNode Make()
    {
        var tree = new DirectoryNode();
        foreach (string empty in (string[])["block", "bus", "class/block", "class/tty", "dev/block", "dev/char", "devices/virtual", "firmware", "fs", "kernel/security", "module", "power"])
            Directory(tree, empty);
        AddCpus(tree);
        AddNode(tree);
        AddMemory(tree);
        AddGroup(tree);
        AddLoopback(tree);
        return tree;
    }

    private static DirectoryNode Directory(DirectoryNode tree, string path)
    {
        foreach (string part in path.Split('/'))
            tree = tree.Sub(part);
        return tree;
    }

    private static void Add(DirectoryNode tree, string path, string text) => ControlTree.Add(tree, path, new TextNode(_ => text + "\n") { IsReadOnly = true });

    private static void Add(DirectoryNode tree, string path, Func<GuestTask, string> text) => ControlTree.Add(tree, path, new TextNode(text) { IsReadOnly = true });

    private static ulong[] One(int cpu)
    {
        var set = new ulong[(cpu / 64) + 1];
        set[cpu / 64] = 1UL << (cpu % 64);
        return set;
    }

    private static ulong[] Every()
    {
        var set = new ulong[(Environment.ProcessorCount + 63) / 64];
        for (int i = 0; i < Environment.ProcessorCount; i++)
            set[i / 64] |= 1UL << (i % 64);
        return set;
    }

    private static void AddCpus(DirectoryNode tree)
    {
        const string Root = "devices/system/cpu/";
        Add(tree, Root + "online", CpuTexts.All);
        Add(tree, Root + "possible", CpuTexts.All);
        Add(tree, Root + "present", CpuTexts.All);
        Add(tree, Root + "offline", "");
        Add(tree, Root + "isolated", "");
        Add(tree, Root + "kernel_max", (Environment.ProcessorCount - 1).ToString(CultureInfo.InvariantCulture));
        Add(tree, Root + "smt/active", "0");
        Add(tree, Root + "smt/control", "notsupported");
        for (int i = 0; i < Environment.ProcessorCount; i++)
            AddCpu(tree, string.Create(CultureInfo.InvariantCulture, $"{Root}cpu{i}/"), i);
    }

    private static void AddCpu(DirectoryNode tree, string path, int cpu)
    {
        string topology = path + "topology/", own = CpuTexts.List(One(cpu)), mask = CpuTexts.Mask(One(cpu));
        Add(tree, topology + "physical_package_id", "0");
        Add(tree, topology + "die_id", "0");
        Add(tree, topology + "core_id", cpu.ToString(CultureInfo.InvariantCulture));
        foreach (string name in (string[])["thread_siblings", "core_cpus"])
        {
            Add(tree, topology + name, mask);
            Add(tree, topology + name + "_list", own);
        }
        foreach (string name in (string[])["core_siblings", "package_cpus", "die_cpus"])
        {
            Add(tree, topology + name, CpuTexts.Mask(Every()));
            Add(tree, topology + name + "_list", CpuTexts.All);
        }
        // Caches are the host's: CPUID tells them anyway. Those of the last level are shared.
        for (int index = 0; index < 4; index++)
        {
            string cache = string.Create(CultureInfo.InvariantCulture, $"cache/index{index}/"), host = "/sys/devices/system/cpu/cpu0/" + cache;
            foreach (string file in CacheFiles)
                Add(tree, path + cache + file, task => HostProcess.ReadFile(task.Kernel, host + file));
            Add(tree, path + cache + "shared_cpu_list", index == 3 ? CpuTexts.All : own);
            Add(tree, path + cache + "shared_cpu_map", index == 3 ? CpuTexts.Mask(Every()) : mask);
        }
    }

    private static void AddNode(DirectoryNode tree)
    {
        const string Root = "devices/system/node/";
        foreach (string name in (string[])["online", "possible", "has_cpu", "has_memory", "has_normal_memory"])
            Add(tree, Root + name, "0");
        Add(tree, Root + "node0/cpulist", CpuTexts.All);
        Add(tree, Root + "node0/cpumap", CpuTexts.Mask(Every()));
        Add(tree, Root + "node0/distance", "10");
        Add(tree, Root + "node0/meminfo", task =>
        {
            (long total, long free) = SandboxMemory.Read(task.Kernel);
            return string.Create(CultureInfo.InvariantCulture, $"Node 0 MemTotal:       {total >> 10,8} kB\nNode 0 MemFree:        {free >> 10,8} kB\nNode 0 MemUsed:        {(total - free) >> 10,8} kB\n");
        });
    }

    private static void AddMemory(DirectoryNode tree)
    {
        const string Huge = "kernel/mm/transparent_hugepage/", Pool = "kernel/mm/hugepages/hugepages-2048kB/";
        Add(tree, Huge + "enabled", "always [madvise] never");
        Add(tree, Huge + "defrag", "always defer defer+madvise [madvise] never");
        Add(tree, Huge + "shmem_enabled", "always within_size advise [never] deny force");
        Add(tree, Huge + "hpage_pmd_size", "2097152");
        Add(tree, Huge + "use_zero_page", "1");
        foreach (string name in (string[])["nr_hugepages", "free_hugepages", "resv_hugepages", "surplus_hugepages", "nr_overcommit_hugepages"])
            Add(tree, Pool + name, "0");
    }

    /// <summary>The one network device (include/uapi/linux/if_arp.h: ARPHRD_LOOPBACK is 772).</summary>
    private static void AddLoopback(DirectoryNode tree)
    {
        const string Root = "class/net/lo/";
        foreach ((string name, string text) in ((string, string)[])[("address", "00:00:00:00:00:00"), ("carrier", "1"), ("flags", "0x9"), ("ifindex", "1"), ("iflink", "1"), ("mtu", "65536"), ("operstate", "unknown"), ("type", "772")])
            Add(tree, Root + name, text);
    }

    /// <summary>cgroup v2 as a process sees its own group from inside of a cgroup name space.</summary>
    private static void AddGroup(DirectoryNode tree)
    {
        const string Root = "fs/cgroup/";
        Add(tree, Root + "cgroup.controllers", "cpu memory pids");
        Add(tree, Root + "cgroup.subtree_control", "");
        Add(tree, Root + "cgroup.type", "domain");
        Add(tree, Root + "cgroup.events", "populated 1\nfrozen 0");
        Add(tree, Root + "cgroup.procs", task =>
        {
            var text = new System.Text.StringBuilder();
            foreach (Process process in task.Kernel.Processes)
                text.Append(ProcTree.Number(process.Pid)).Append('\n');
            return text.ToString();
        });
        Add(tree, Root + "cpu.max", "max 100000");
        Add(tree, Root + "cpu.weight", "100");
        Add(tree, Root + "cpuset.cpus.effective", CpuTexts.All);
        Add(tree, Root + "memory.max", task => (SandboxMemory.Limit(task.Kernel) is { } limit ? ProcTree.Number(limit) : "max") + "\n");
        Add(tree, Root + "memory.high", "max");
        Add(tree, Root + "memory.low", "0");
        Add(tree, Root + "memory.min", "0");
        Add(tree, Root + "memory.swap.max", "0");
        Add(tree, Root + "memory.swap.current", "0");
        Add(tree, Root + "memory.current", task => ProcTree.Number(SandboxMemory.Used(task.Kernel)) + "\n");
        Add(tree, Root + "memory.stat", task => "anon " + ProcTree.Number(SandboxMemory.Used(task.Kernel)) + "\nfile 0\ninactive_file 0\nactive_file 0\nslab 0\n");
        Add(tree, Root + "pids.max", "max");
        Add(tree, Root + "pids.current", task => ProcTree.Number(ProcTree.Count(task)) + "\n");
    }
}
