using System.Collections.Generic;
using System.Globalization;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>/proc (proc(5)).</summary>
internal static class ProcTree
{
    public static DirectoryNode Make(Kernel kernel)
    {
        var tree = new DirectoryNode(0x16D, FindProcess, ListProcesses);
        tree.Add("self", new LinkNode(task => Number(task.Process.Pid)));
        tree.Add("thread-self", new LinkNode(task => $"{Number(task.Process.Pid)}/task/{Number(task.Tid)}"));
        tree.Add("mounts", new LinkNode(_ => "self/mounts"));
        tree.Add("net", new LinkNode(_ => "self/net"));
        tree.Add("version", new TextNode(_ => $"{KernelName.System} version {KernelName.Release} ({KernelName.Version})\n"));
        tree.Add("uptime", new TextNode(SystemTexts.Uptime));
        tree.Add("loadavg", new TextNode(task => $"0.00 0.00 0.00 1/{Number(Count(task))} {Number(task.Process.Pid)}\n"));
        tree.Add("meminfo", new TextNode(SystemTexts.MemoryInfo));
        tree.Add("cpuinfo", new TextNode(SystemTexts.CpuInfo));
        tree.Add("stat", new TextNode(SystemTexts.Stat));
        tree.Add("vmstat", new TextNode(SystemTexts.MemoryCounts));
        tree.Add("filesystems", new TextNode(_ => "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tcgroup2\nnodev\tdevtmpfs\nnodev\tsockfs\nnodev\tpipefs\nnodev\tdevpts\nnodev\tmqueue\n"));
        tree.Add("cmdline", new TextNode(_ => "bulkhead\n"));
        tree.Add("devices", new TextNode(_ => "Character devices:\n  1 mem\n  5 /dev/tty\n  5 /dev/console\n  5 /dev/ptmx\n136 pts\n\nBlock devices:\n"));
        tree.Add("partitions", new TextNode(_ => "major minor  #blocks  name\n\n"));
        tree.Add("swaps", new TextNode(_ => "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"));
        tree.Add("diskstats", new TextNode(_ => ""));
        tree.Add("modules", new TextNode(_ => ""));
        tree.Add("interrupts", new TextNode(SystemTexts.Interrupts));
        tree.Add("softirqs", new TextNode(SystemTexts.Interrupts));
        tree.Add("locks", new TextNode(_ => ""));
        tree.Add("misc", new TextNode(_ => ""));
        tree.Add("consoles", new TextNode(_ => "", 0x100));
        tree.Add("cgroups", new TextNode(_ => "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t1\t1\nmemory\t0\t1\t1\npids\t0\t1\t1\n"));
        tree.Add("key-users", new TextNode(_ => ""));
        tree.Add("keys", new TextNode(_ => ""));
        tree.Add("kallsyms", new TextNode(_ => ""));
        tree.Add("pressure", Pressure());
        tree.Add("sysvipc", IpcTexts.Make());
        tree.Add("fs", new DirectoryNode());
        tree.Add("bus", new DirectoryNode());
        tree.Add("irq", new DirectoryNode());
        tree.Add("driver", new DirectoryNode());
        tree.Add("tty", new DirectoryNode().Add("drivers", new TextNode(_ => "pty_slave            /dev/pts      136 0-1048575 pty:slave\n")));
        tree.Add("sys", ControlTree.Make(kernel));
        return tree;
    }

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static DirectoryNode Pressure()
    {
        const string None = "avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
        var tree = new DirectoryNode();
        foreach (string name in (string[])["cpu", "io", "memory"])
            tree.Add(name, new TextNode(_ => "some " + None + "full " + None));
        return tree;
    }

    public static int Count(GuestTask task)
    {
        int count = 0;
        foreach (Process process in task.Kernel.Processes)
            count += process.Tasks.Count;
        return count;
    }

    /// <summary>A thread's number is looked up too, though it is not listed (proc(5), /proc/TID).</summary>
    private static Node? FindProcess(GuestTask task, string name)
    {
        if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) || name != Number(pid))
            return null;
        Process? process = task.Kernel.Find(pid) ?? task.Kernel.FindTask(pid)?.Process;
        return process is null ? null : ProcessTree.Of(process);
    }

    private static IEnumerable<(string, Node)> ListProcesses(GuestTask task)
    {
        foreach (Process process in task.Kernel.Processes)
            yield return (Number(process.Pid), ProcessTree.Of(process));
    }
}
