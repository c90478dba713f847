using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>/proc/PID.</summary>
internal static class ProcessTree
{
    public static DirectoryNode Make(Process process)
    {
        DirectoryNode tree = Common(process);
        tree.Add("task", new DirectoryNode(0x16D,
            (_, name) => process.Tasks.Exists(task => ProcTree.Number(task.Tid) == name) ? Common(process) : null,
            _ => Threads(process)));
        return tree;
    }

    private static DirectoryNode Common(Process process)
    {
        var tree = new DirectoryNode();
        tree.Add("stat", new TextNode(_ => Stat(process)));
        tree.Add("statm", new TextNode(_ => "1000 200 100 1 0 100 0\n"));
        tree.Add("status", new TextNode(_ => Status(process)));
        tree.Add("cmdline", new TextNode(_ => process.IsZombie ? "" : Encoding.Latin1.GetString(process.CommandLine)));
        tree.Add("environ", new TextNode(_ => Encoding.Latin1.GetString(process.Environment), 0x100));
        tree.Add("comm", new TextNode(_ => Name(process) + "\n"));
        tree.Add("limits", new TextNode(_ => "Limit                     Soft Limit           Hard Limit           Units     \n"));
        tree.Add("mounts", new TextNode(_ => Mounts));
        tree.Add("mountinfo", new TextNode(_ => ""));
        tree.Add("cgroup", new TextNode(_ => "0::/\n"));
        tree.Add("maps", new TextNode(_ => Maps(process)));
        tree.Add("oom_score_adj", new TextNode(_ => "0\n", 0x1A4, (_, _) => 0));
        tree.Add("exe", new LinkNode(_ => process.IsZombie ? null : process.Executable));
        tree.Add("cwd", new LinkNode(_ => process.IsZombie ? null : process.Place.Cwd));
        tree.Add("root", new LinkNode(_ => "/"));
        tree.Add("fd", new DirectoryNode(0x140, (_, name) => Descriptor(process, name), _ => Descriptors(process)));
        return tree;
    }

    private const string Mounts = "root / rootfs rw 0 0\nproc /proc proc rw,nosuid,nodev,noexec 0 0\nsysfs /sys sysfs ro,nosuid,nodev,noexec 0 0\ndevtmpfs /dev devtmpfs rw,nosuid,noexec 0 0\n";

    private static string Name(Process process) => process.Leader?.Name ?? "";

    private static char State(Process process)
    {
        if (process.IsZombie)
            return 'Z';
        if (process.IsStopped)
            return 'T';
        return process.Leader is { State: TaskState.Running } ? 'R' : 'S';
    }

    private static string Stat(Process process)
    {
        long ticks = (process.StartTime - process.Kernel.StartedAt) / 10_000_000;
        return string.Create(CultureInfo.InvariantCulture,
            $"{process.Pid} ({Name(process)}) {State(process)} {process.Parent?.Pid ?? 0} {process.Group} {process.Session} {process.Terminal?.Device ?? 0} {process.Terminal?.Foreground ?? -1} 0 0 0 0 0 0 0 0 0 20 0 {process.Tasks.Count} 0 {ticks} 4096000 200 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n");
    }

    private static string Status(Process process)
    {
        Credentials user = process.Leader?.Credentials ?? new Credentials();
        var text = new StringBuilder();
        string state = State(process) switch { 'Z' => "Z (zombie)", 'T' => "T (stopped)", 'R' => "R (running)", _ => "S (sleeping)" };
        text.Append(CultureInfo.InvariantCulture, $"Name:\t{Name(process)}\nUmask:\t{Convert.ToString(process.Place.Umask, 8).PadLeft(4, '0')}\nState:\t{state}\n");
        text.Append(CultureInfo.InvariantCulture, $"Tgid:\t{process.Pid}\nNgid:\t0\nPid:\t{process.Pid}\nPPid:\t{process.Parent?.Pid ?? 0}\nTracerPid:\t0\n");
        text.Append(CultureInfo.InvariantCulture, $"Uid:\t{user.Uid}\t{user.Euid}\t{user.Suid}\t{user.Fsuid}\nGid:\t{user.Gid}\t{user.Egid}\t{user.Sgid}\t{user.Fsgid}\n");
        text.Append(CultureInfo.InvariantCulture, $"FDSize:\t64\nGroups:\t{string.Join(' ', user.Groups)} \nVmPeak:\t    4000 kB\nVmSize:\t    4000 kB\nVmRSS:\t     800 kB\nThreads:\t{process.Tasks.Count}\n");
        GuestTask? leader = process.Leader;
        ulong ignored = 0, caught = 0;
        for (int signal = 1; signal <= Signals.SignalSet.Highest; signal++)
        {
            ulong handler = process.Actions[signal].Handler;
            if (handler == Signals.SignalAction.Ignore)
                ignored |= Signals.SignalSet.Of(signal);
            else if (handler != Signals.SignalAction.Default)
                caught |= Signals.SignalSet.Of(signal);
        }
        text.Append(CultureInfo.InvariantCulture, $"SigQ:\t0/1024\nSigPnd:\t{leader?.Pending.Set ?? 0:x16}\nShdPnd:\t{process.Pending.Set:x16}\nSigBlk:\t{leader?.Mask ?? 0:x16}\nSigIgn:\t{ignored:x16}\nSigCgt:\t{caught:x16}\n");
        text.Append(CultureInfo.InvariantCulture, $"CapInh:\t{user.Inheritable:x16}\nCapPrm:\t{user.Permitted:x16}\nCapEff:\t{user.Effective:x16}\nCapBnd:\t{user.Bounding:x16}\nCapAmb:\t{user.Ambient:x16}\n");
        text.Append(CultureInfo.InvariantCulture, $"NoNewPrivs:\t{(process.NoNewPrivileges ? 1 : 0)}\nSeccomp:\t0\nCpus_allowed_list:\t0-{Environment.ProcessorCount - 1}\n");
        return text.ToString();
    }

    /// <summary>The host's list of the cell, without the gate.</summary>
    private static string Maps(Process process)
    {
        if (process.Leader is not { } leader || leader.HostPid <= 0)
            return "";
        return HostMaps.Read(leader.HostPid, process);
    }

    private static FileLinkNode? Descriptor(Process process, string name) =>
        int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int fd) && !process.IsZombie && process.Files[fd] is { } file ? new FileLinkNode(file) : null;

    private static IEnumerable<(string, Node)> Descriptors(Process process)
    {
        for (int fd = 0; !process.IsZombie && fd < process.Files.Count; fd++)
        {
            if (process.Files[fd] is { } file)
                yield return (ProcTree.Number(fd), new FileLinkNode(file));
        }
    }

    private static IEnumerable<(string, Node)> Threads(Process process)
    {
        foreach (GuestTask task in process.Tasks)
            yield return (ProcTree.Number(task.Tid), Common(process));
    }
}
