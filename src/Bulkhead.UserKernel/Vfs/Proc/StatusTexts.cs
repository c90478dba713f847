using System;
using System.Globalization;
using System.Text;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Syscalls;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>/proc/PID/status.</summary>
internal static class StatusTexts
{
    private static readonly string[] MemoryLines =
        ["VmPeak", "VmSize", "VmLck", "VmPin", "VmHWM", "VmRSS", "RssAnon", "RssFile", "RssShmem", "VmData", "VmStk", "VmExe", "VmLib", "VmPTE", "VmSwap", "HugetlbPages"];

    public static string Make(Subject subject)
    {
        var text = new StringBuilder();
        string host = HostProcess.Read(subject, "status");
        AddIdentity(text, subject);
        if (subject.HostPid != 0)
            AddMemory(text, host, subject.Process.Layout);
        AddSignals(text, subject);
        AddRights(text, subject);
        AddPlaces(text, subject, host);
        return text.ToString();
    }

    private static void AddIdentity(StringBuilder text, Subject subject)
    {
        Process process = subject.Process;
        Credentials user = subject.User;
        string state = StatTexts.State(subject, HostProcess.StatFields(HostProcess.ReadThread(subject, "stat"))) switch
        {
            'Z' => "Z (zombie)",
            'T' => "T (stopped)",
            't' => "t (tracing stop)",
            'R' => "R (running)",
            'D' => "D (disk sleep)",
            _ => "S (sleeping)",
        };
        text.Append(CultureInfo.InvariantCulture, $"Name:\t{Escape(subject.Main?.Name ?? "")}\n");
        if (!process.IsZombie)
            text.Append(CultureInfo.InvariantCulture, $"Umask:\t{Convert.ToString(process.Place.Umask, 8).PadLeft(4, '0')}\n");
        text.Append(CultureInfo.InvariantCulture, $"State:\t{state}\nTgid:\t{process.Pid}\nNgid:\t0\nPid:\t{subject.Id}\nPPid:\t{process.Parent?.Pid ?? 0}\nTracerPid:\t{subject.Main?.Trace?.Tracer.Process.Pid ?? 0}\n");
        text.Append(CultureInfo.InvariantCulture, $"Uid:\t{user.Uid}\t{user.Euid}\t{user.Suid}\t{user.Fsuid}\nGid:\t{user.Gid}\t{user.Egid}\t{user.Sgid}\t{user.Fsgid}\n");
        text.Append(CultureInfo.InvariantCulture, $"FDSize:\t{(process.IsZombie ? 0 : Math.Max(64, (process.Files.Count + 63) / 64 * 64))}\nGroups:\t");
        foreach (uint group in user.Groups)
            text.Append(CultureInfo.InvariantCulture, $"{group} ");
        text.Append(CultureInfo.InvariantCulture, $"{(user.Groups.Length == 0 ? " " : "")}\nNStgid:\t{process.Pid}\nNSpid:\t{subject.Id}\nNSpgid:\t{process.Group}\nNSsid:\t{process.Session}\nKthread:\t0\n");
    }

    /// <summary>A line feed in a name would forge a field.</summary>
    private static string Escape(string name) => name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    /// <summary>The host's numbers for the cell without what is the gate's.</summary>
    private static void AddMemory(StringBuilder text, string host, ImageLayout layout)
    {
        foreach (string name in MemoryLines)
        {
            if (Value(host, name) is not { } value || !long.TryParse(value.AsSpan(0, Math.Max(0, value.IndexOf(' ', StringComparison.Ordinal))), CultureInfo.InvariantCulture, out long size))
                continue;
            size -= name switch
            {
                "VmPeak" or "VmSize" => StatTexts.GateBytes >> 10,
                "VmData" => (long)(GateLayout.StacksSize + layout.StackSize) >> 10,
                _ => 0,
            };
            if (name == "VmStk")
                size = (long)layout.StackSize >> 10;
            text.Append(CultureInfo.InvariantCulture, $"{name}:\t{Math.Max(0, size),8} kB\n");
        }
        text.Append("CoreDumping:\t0\nTHP_enabled:\t1\nuntag_mask:\t0xffffffffffffffff\n");
    }

    /// <summary>What stands behind a name in the host's text.</summary>
    public static string? Value(string host, string name)
    {
        int at = host.StartsWith(name + ":", StringComparison.Ordinal) ? 0 : host.IndexOf("\n" + name + ":", StringComparison.Ordinal) + 1;
        if (at == 0 && !host.StartsWith(name + ":", StringComparison.Ordinal))
            return null;
        int end = host.IndexOf('\n', at);
        return host[(at + name.Length + 1)..(end < 0 ? host.Length : end)].Trim();
    }

    public static (ulong Ignored, ulong Caught) Actions(Process process)
    {
        ulong ignored = 0, caught = 0;
        for (int signal = 1; signal <= SignalSet.Highest; signal++)
        {
            ulong handler = process.Actions[signal].Handler;
            if (handler == SignalAction.Ignore)
                ignored |= SignalSet.Of(signal);
            else if (handler != SignalAction.Default)
                caught |= SignalSet.Of(signal);
        }
        return (ignored, caught);
    }

    private static void AddSignals(StringBuilder text, Subject subject)
    {
        Process process = subject.Process;
        GuestTask? task = subject.Main;
        (ulong ignored, ulong caught) = Actions(process);
        ulong most = Math.Min(process.Limits[ResourceLimits.QueuedSignals].Soft, 32768);
        text.Append(CultureInfo.InvariantCulture, $"Threads:\t{Math.Max(1, process.Tasks.Count)}\nSigQ:\t0/{most}\n");
        text.Append(CultureInfo.InvariantCulture, $"SigPnd:\t{task?.Pending.Set ?? 0:x16}\nShdPnd:\t{process.Pending.Set:x16}\nSigBlk:\t{task?.Mask ?? 0:x16}\nSigIgn:\t{ignored:x16}\nSigCgt:\t{caught:x16}\n");
    }

    private static void AddRights(StringBuilder text, Subject subject)
    {
        Credentials user = subject.User;
        text.Append(CultureInfo.InvariantCulture, $"CapInh:\t{user.Inheritable:x16}\nCapPrm:\t{user.Permitted:x16}\nCapEff:\t{user.Effective:x16}\nCapBnd:\t{user.Bounding:x16}\nCapAmb:\t{user.Ambient:x16}\n");
        text.Append(CultureInfo.InvariantCulture, $"NoNewPrivs:\t{(subject.Process.NoNewPrivileges ? 1 : 0)}\nSeccomp:\t{ProcessFiles.SeccompMode(subject)}\nSeccomp_filters:\t{ProcessFiles.FilterCount(subject)}\n");
        text.Append("Speculation_Store_Bypass:\tnot vulnerable\nSpeculationIndirectBranch:\tnot affected\n");
    }

    private static void AddPlaces(StringBuilder text, Subject subject, string host)
    {
        ulong[] cpus = subject.Main is { } task ? SchedulingCalls.Cpus(task) : [1];
        text.Append(CultureInfo.InvariantCulture, $"Cpus_allowed:\t{CpuTexts.Mask(cpus)}\nCpus_allowed_list:\t{CpuTexts.List(cpus)}\nMems_allowed:\t1\nMems_allowed_list:\t0\n");
        text.Append(CultureInfo.InvariantCulture, $"voluntary_ctxt_switches:\t{Value(host, "voluntary_ctxt_switches") ?? "0"}\nnonvoluntary_ctxt_switches:\t{Value(host, "nonvoluntary_ctxt_switches") ?? "0"}\n");
    }
}
