using System.Collections.Generic;
using System.Globalization;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>/proc (proc(5)).</summary>
internal static class ProcTree
{
    public static DirectoryNode Make()
    {
        var tree = new DirectoryNode(0x16D, FindProcess, ListProcesses);
        tree.Add("self", new LinkNode(task => Number(task.Process.Pid)));
        tree.Add("thread-self", new LinkNode(task => $"{Number(task.Process.Pid)}/task/{Number(task.Tid)}"));
        tree.Add("mounts", new LinkNode(_ => "self/mounts"));
        tree.Add("version", new TextNode(_ => $"{KernelName.System} version {KernelName.Release} ({KernelName.Version})\n"));
        tree.Add("uptime", new TextNode(Uptime));
        tree.Add("loadavg", new TextNode(task => $"0.00 0.00 0.00 1/{Number(Count(task))} {Number(task.Process.Pid)}\n"));
        tree.Add("meminfo", new TextNode(SystemTexts.MemoryInfo));
        tree.Add("cpuinfo", new TextNode(SystemTexts.CpuInfo));
        tree.Add("stat", new TextNode(SystemTexts.Stat));
        tree.Add("filesystems", new TextNode(_ => "nodev\tproc\nnodev\tsysfs\nnodev\tdevtmpfs\nnodev\ttmpfs\nnodev\tpipefs\n"));
        tree.Add("cmdline", new TextNode(_ => "bulkhead\n"));
        tree.Add("sys", SystemTexts.Controls());
        tree.Add("sysvipc", IpcTexts.Make());
        return tree;
    }

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static int Count(GuestTask task)
    {
        int count = 0;
        foreach (Process process in task.Kernel.Processes)
            count += process.Tasks.Count;
        return count;
    }

    private static string Uptime(GuestTask task)
    {
        double seconds = (HostEvents.Now(1) - task.Kernel.StartedAt) / 1e9;
        return string.Create(CultureInfo.InvariantCulture, $"{seconds:F2} {seconds:F2}\n");
    }

    private static DirectoryNode? FindProcess(GuestTask task, string name)
    {
        if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
            return null;
        Process? process = task.Kernel.Find(pid) ?? task.Kernel.FindTask(pid)?.Process;
        return process is null ? null : ProcessTree.Make(process);
    }

    private static IEnumerable<(string, Node)> ListProcesses(GuestTask task)
    {
        foreach (Process process in task.Kernel.Processes)
            yield return (Number(process.Pid), ProcessTree.Make(process));
    }
}
