using System;
using System.Globalization;
using System.Text;
using Bulkhead.UserKernel.Filters;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>The files of /proc/PID with their modes, and who may read them (fs/proc/base.c).</summary>
internal static class ProcessFiles
{
    private const uint All = 0x124, Owner = 0x100, Change = 0x1A4;
    private const int ResourceCapability = 24, MostName = 15, DisableKill = -17, LeastAdjust = -1000, MostAdjust = 1000;

    public static readonly ProcessEntry[] Entries =
    [
        new("auxv", Owner, subject => subject.HostPid == 0 ? "" : Encoding.Latin1.GetString(subject.Process.Layout.Auxiliary), IsGuarded: true),
        new("cgroup", All, _ => "0::/\n"),
        new("clear_refs", 0x80, _ => "", Write: (_, _, _) => 0, OnlyProcess: true),
        new("cmdline", All, CommandLine),
        new("comm", Change, subject => (subject.Main?.Name ?? "") + "\n", Write: Rename),
        new("coredump_filter", Change, subject => subject.HostPid == 0 ? "" : subject.Process.Traits.CoreFilter.ToString("x8", CultureInfo.InvariantCulture) + "\n", Write: SetCoreFilter, OnlyProcess: true),
        new("cpuset", All, _ => "/\n"),
        new("environ", Owner, Environment, IsGuarded: true),
        new("gid_map", Change, subject => subject.Process.Kernel.Sandbox.GidMap, Write: Never),
        new("io", Owner, subject => HostProcess.Read(subject, "io"), IsGuarded: true),
        new("limits", All, subject => LimitTexts.Make(subject.Process)),
        new("loginuid", Change, subject => subject.Process.Traits.LoginUid.ToString(CultureInfo.InvariantCulture), Write: SetLogin),
        new("maps", All, subject => MapTexts.Make(subject, "maps"), IsGuarded: true),
        new("mountinfo", All, subject => MountTexts.Info(subject.Process.Kernel)),
        new("mounts", All, subject => MountTexts.Table(subject.Process.Kernel)),
        new("mountstats", Owner, _ => "", OnlyProcess: true),
        new("numa_maps", All, _ => "", IsGuarded: true),
        new("oom_adj", Change, subject => ProcTree.Number(ToOldScale(subject.Process.Traits.OomAdjust)) + "\n", Write: SetOldOom),
        new("oom_score", All, subject => ProcTree.Number(Math.Clamp((subject.Process.Traits.OomAdjust * 2 / 3) + 666, 0, 1332)) + "\n"),
        new("oom_score_adj", Change, subject => ProcTree.Number(subject.Process.Traits.OomAdjust) + "\n", Write: SetOom),
        new("personality", Owner, subject => subject.Process.Traits.Personality.ToString("x8", CultureInfo.InvariantCulture) + "\n", IsGuarded: true),
        new("projid_map", Change, _ => IdMap, Write: Never),
        new("sched", Change, Schedule, Write: (_, _, _) => 0),
        new("schedstat", All, subject => HostProcess.ReadThread(subject, "schedstat")),
        new("sessionid", All, _ => "4294967295"),
        new("setgroups", Change, _ => "allow\n", Write: Never),
        new("smaps", All, subject => MapTexts.Make(subject, "smaps"), IsGuarded: true),
        new("smaps_rollup", All, subject => HostProcess.Read(subject, "smaps_rollup"), IsGuarded: true),
        new("stack", Owner, _ => "", IsGuarded: true),
        new("stat", All, StatTexts.Line),
        new("statm", All, StatTexts.Memory),
        new("status", All, StatusTexts.Make),
        new("syscall", Owner, CallInHand, IsGuarded: true),
        new("timens_offsets", Change, subject => subject.Process.Kernel.Sandbox.TimeOffsets, Write: Never, OnlyProcess: true),
        new("timerslack_ns", 0x1B6, subject => ProcTree.Number(subject.Main?.Scheduling.TimerSlack ?? 0) + "\n", OnlyProcess: true),
        new("uid_map", Change, subject => subject.Process.Kernel.Sandbox.UidMap, Write: Never),
        new("wchan", All, _ => "0"),
    ];

    private const string IdMap = "         0          0 4294967295\n";

    private static long Never(Subject subject, GuestTask writer, string text) => Fail.EPERM;

    /// <summary>The arguments as they lie in the program's memory now: programs write over them to change their title.</summary>
    private static string CommandLine(Subject subject)
    {
        ImageLayout layout = subject.Process.Layout;
        if (subject.HostPid == 0)
            return "";
        if (layout.ArgEnd <= layout.ArgStart || ReadText(subject, layout.ArgStart, layout.ArgEnd) is not { } text)
            return Encoding.Latin1.GetString(subject.Process.CommandLine);
        if (text.Length == 0 || text[^1] == 0)
            return text;
        // The last NUL is gone: the title goes on where the environment was.
        string longer = text + ReadText(subject, layout.ArgEnd, layout.EnvEnd);
        int end = longer.IndexOf('\0', StringComparison.Ordinal);
        return end < 0 ? longer : longer[..end];
    }

    private static string Environment(Subject subject)
    {
        ImageLayout layout = subject.Process.Layout;
        if (subject.HostPid == 0)
            return "";
        return (layout.EnvEnd > layout.ArgEnd ? ReadText(subject, layout.ArgEnd, layout.EnvEnd) : null) ?? Encoding.Latin1.GetString(subject.Process.Environment);
    }

    private static string? ReadText(Subject subject, ulong from, ulong to)
    {
        const ulong Most = 3 << 20;
        if (to < from || to - from > Most)
            return null;
        byte[] bytes = new byte[to - from];
        return HostMemory.Read(subject.HostPid, from, bytes) ? Encoding.Latin1.GetString(bytes) : null;
    }

    /// <summary>Its own threads may (proc_pid_comm(5)).</summary>
    private static long Rename(Subject subject, GuestTask writer, string text)
    {
        if (writer.Process != subject.Process || subject.Main is not { } task)
            return Fail.EINVAL;
        int end = text.IndexOf('\0', StringComparison.Ordinal);
        text = end < 0 ? text : text[..end];
        task.Name = text.Length > MostName ? text[..MostName] : text;
        return 0;
    }

    private static long SetCoreFilter(Subject subject, GuestTask writer, string text)
    {
        const uint Known = 0x1FF;
        text = text.Trim();
        bool hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (!uint.TryParse(hex ? text[2..] : text, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out uint value))
            return Fail.EINVAL;
        subject.Process.Traits = subject.Process.Traits with { CoreFilter = value & Known };
        return 0;
    }

    private static long SetLogin(Subject subject, GuestTask writer, string text)
    {
        if (writer.Process != subject.Process || subject.Process.Traits.LoginUid != uint.MaxValue)
            return Fail.EPERM;
        if (!uint.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out uint value))
            return Fail.EINVAL;
        subject.Process.Traits = subject.Process.Traits with { LoginUid = value };
        return 0;
    }

    /// <summary>The host's memory killer does not learn of it: a sandbox dies as a whole, or its largest cell.</summary>
    private static long SetOom(Subject subject, GuestTask writer, string text) =>
        !int.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) || value is < LeastAdjust or > MostAdjust
            ? Fail.EINVAL
            : Adjust(subject.Process, writer, value);

    private static long SetOldOom(Subject subject, GuestTask writer, string text)
    {
        if (!int.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) || value is < DisableKill or > 15)
            return Fail.EINVAL;
        return Adjust(subject.Process, writer, value == 15 ? MostAdjust : value * MostAdjust / -DisableKill);
    }

    private static long Adjust(Process process, GuestTask writer, int value)
    {
        bool mayLower = writer.Credentials.Has(ResourceCapability);
        if (value < process.Traits.OomAdjustFloor && !mayLower)
            return Fail.EACCES;
        process.Traits = process.Traits with { OomAdjust = value, OomAdjustFloor = mayLower ? value : process.Traits.OomAdjustFloor };
        return 0;
    }

    private static int ToOldScale(int adjust) => adjust == MostAdjust ? 15 : adjust * -DisableKill / MostAdjust;

    private static string Schedule(Subject subject)
    {
        Scheduling now = subject.Main?.Scheduling ?? Scheduling.Usual;
        int priority = now.Priority > 0 ? 99 - now.Priority : 120 + now.Nice;
        return string.Create(CultureInfo.InvariantCulture,
            $"{subject.Main?.Name} ({subject.Id}, #threads: {subject.Process.Tasks.Count})\n-------------------------------------------------------------------\npolicy                                       : {now.Policy,20}\nprio                                         : {priority,20}\n");
    }

    /// <summary>proc_pid_syscall(5).</summary>
    private static string CallInHand(Subject subject)
    {
        if (subject.Main is not { State: TaskState.Blocked } task || subject.HostPid == 0)
            return "running\n";
        return string.Create(CultureInfo.InvariantCulture, $"{task.Nr} 0x{task.A0:x} 0x{task.A1:x} 0x{task.A2:x} 0x{task.A3:x} 0x{task.A4:x} 0x{task.A5:x} 0x0 0x0\n");
    }

    /// <summary>Seccomp: of /proc/PID/status.</summary>
    public static int SeccompMode(Subject subject) => subject.Main?.Seccomp is { } state ? state.Mode : 0;

    public static int FilterCount(Subject subject) => subject.Main?.Seccomp is { Mode: SeccompState.FilterMode } state ? state.Count : 0;
}
