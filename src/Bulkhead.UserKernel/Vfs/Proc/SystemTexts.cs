using System;
using System.Globalization;
using System.Text;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Time;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>Files of /proc about the whole system: the sandbox, not the host.</summary>
internal static class SystemTexts
{
    private const long Ticks = 10_000_000;

    public static string Uptime(GuestTask task)
    {
        // Its own age, unless a time namespace says when the machine began.
        long age = task.Kernel.Sandbox.HasBootOffset ? HostEvents.Now(GuestClock.Boottime) : HostEvents.Now(1) - task.Kernel.StartedAt;
        double seconds = age / 1e9;
        long busy = BusyTicks(task.Kernel, out _);
        double idle = Math.Max(0, (seconds * Environment.ProcessorCount) - (busy / 100.0));
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0.01, seconds):F2} {idle:F2}\n");
    }

    public static string MemoryInfo(GuestTask task)
    {
        (long total, long free) = SandboxMemory.Read(task.Kernel);
        total >>= 10;
        free >>= 10;
        (string Name, long Value)[] lines =
        [
            ("MemTotal", total), ("MemFree", free), ("MemAvailable", free), ("Buffers", 0), ("Cached", 0), ("SwapCached", 0), ("Active", total - free), ("Inactive", 0),
            ("Active(anon)", total - free), ("Inactive(anon)", 0), ("Active(file)", 0), ("Inactive(file)", 0), ("Unevictable", 0), ("Mlocked", 0), ("SwapTotal", 0), ("SwapFree", 0),
            ("Dirty", 0), ("Writeback", 0), ("AnonPages", total - free), ("Mapped", 0), ("Shmem", 0), ("KReclaimable", 0), ("Slab", 0), ("SReclaimable", 0), ("SUnreclaim", 0),
            ("KernelStack", 0), ("PageTables", 0), ("NFS_Unstable", 0), ("Bounce", 0), ("WritebackTmp", 0), ("CommitLimit", total), ("Committed_AS", total - free),
            ("VmallocTotal", 34359738367), ("VmallocUsed", 0), ("VmallocChunk", 0), ("Percpu", 0), ("AnonHugePages", 0), ("ShmemHugePages", 0), ("ShmemPmdMapped", 0),
            ("FileHugePages", 0), ("FilePmdMapped", 0),
        ];
        var text = new StringBuilder();
        foreach ((string name, long value) in lines)
            text.Append((name + ":").PadRight(16)).Append(CultureInfo.InvariantCulture, $"{value,8} kB\n");
        text.Append("HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\nHugePages_Surp:        0\nHugepagesize:       2048 kB\nHugetlb:               0 kB\n");
        return text.ToString();
    }

    /// <summary>The host's description of its first CPU, once for each that the sandbox has.</summary>
    public static string CpuInfo(GuestTask task)
    {
        string host = HostProcess.ReadFile(task.Kernel, "/proc/cpuinfo");
        int end = host.IndexOf("\n\n", StringComparison.Ordinal);
        string[] lines = (end < 0 ? host : host[..end]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int count = Environment.ProcessorCount;
        var text = new StringBuilder();
        for (int i = 0; i < count; i++)
        {
            if (lines.Length == 0)
                text.Append(CultureInfo.InvariantCulture, $"processor\t: {i}\n");
            foreach (string line in lines)
            {
                int colon = line.IndexOf(':', StringComparison.Ordinal);
                int? number = colon < 0 ? null : line[..colon].TrimEnd() switch
                {
                    "processor" or "core id" or "apicid" or "initial apicid" => i,
                    "siblings" or "cpu cores" => count,
                    "physical id" => 0,
                    _ => null,
                };
                text.Append(number is { } own ? string.Create(CultureInfo.InvariantCulture, $"{line[..(colon + 1)]} {own}\n") : line + "\n");
            }
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>CPU time of all guests that live, that have ended, and of the kernel for them.</summary>
    private static long BusyTicks(Kernel kernel, out long system)
    {
        string[] own = HostProcess.StatFields(HostProcess.ReadFile(kernel, "/proc/self/stat"));
        long user = HostProcess.Field(own, 16);
        system = HostProcess.Field(own, 14) + HostProcess.Field(own, 15) + HostProcess.Field(own, 17);
        foreach (Process process in kernel.Processes)
        {
            string[] fields = HostProcess.StatFields(HostProcess.Read(new Subject(process, null), "stat"));
            user += HostProcess.Field(fields, 14);
            system += HostProcess.Field(fields, 15);
        }
        return user + system;
    }

    public static string Stat(GuestTask task)
    {
        Kernel kernel = task.Kernel;
        int count = Environment.ProcessorCount;
        long busy = BusyTicks(kernel, out long system), all = (HostEvents.Now(1) - kernel.StartedAt) / Ticks * count, idle = Math.Max(0, all - busy);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"cpu  {busy - system} 0 {system} {idle} 0 0 0 0 0 0\n");
        for (int i = 0; i < count; i++)
            text.Append(CultureInfo.InvariantCulture, $"cpu{i} {(busy - system) / count} 0 {system / count} {idle / count} 0 0 0 0 0 0\n");
        int running = 0, last = 0;
        foreach (Process process in kernel.Processes)
        {
            last = Math.Max(last, process.Pid);
            foreach (GuestTask each in process.Tasks)
                running += each.State == TaskState.Running ? 1 : 0;
        }
        text.Append(CultureInfo.InvariantCulture, $"intr 0\nctxt 0\nbtime {kernel.BootTime}\nprocesses {last}\nprocs_running {Math.Max(1, running)}\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n");
        return text.ToString();
    }

    public static string MemoryCounts(GuestTask task)
    {
        (_, long free) = SandboxMemory.Read(task.Kernel);
        return string.Create(CultureInfo.InvariantCulture, $"nr_free_pages {free / 4096}\npgpgin 0\npgpgout 0\npswpin 0\npswpout 0\npgfault 0\npgmajfault 0\noom_kill 0\n");
    }

    /// <summary>A header: no device interrupts us.</summary>
    public static string Interrupts(GuestTask task)
    {
        var text = new StringBuilder("           ");
        for (int i = 0; i < Environment.ProcessorCount; i++)
            text.Append(("CPU" + ProcTree.Number(i)).PadRight(11));
        return text.Append('\n').ToString();
    }
}
