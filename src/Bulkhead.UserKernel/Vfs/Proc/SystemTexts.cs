using System;
using System.Globalization;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>Files of /proc about the whole system: the sandbox, not the host.</summary>
internal static class SystemTexts
{
    private static readonly string BootId = HostRandom.Uuid();

    /// <summary>The host's total as far as the sandbox's limit does not say less.</summary>
    public static string MemoryInfo(GuestTask task)
    {
        GC.KeepAlive(task);
        long total = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1024, free = total / 2;
        return string.Create(CultureInfo.InvariantCulture, $"""
            MemTotal:       {total,8} kB
            MemFree:        {free,8} kB
            MemAvailable:   {free,8} kB
            Buffers:               0 kB
            Cached:                0 kB
            SwapCached:            0 kB
            SwapTotal:             0 kB
            SwapFree:              0 kB

            """);
    }

    public static string CpuInfo(GuestTask task)
    {
        GC.KeepAlive(task);
        var text = new StringBuilder();
        for (int i = 0; i < Environment.ProcessorCount; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"processor\t: {i}\nvendor_id\t: {CpuName.Vendor}\nmodel name\t: {CpuName.Model}\n");
            text.Append(CultureInfo.InvariantCulture, $"physical id\t: 0\nsiblings\t: {Environment.ProcessorCount}\ncore id\t\t: {i}\ncpu cores\t: {Environment.ProcessorCount}\nflags\t\t: {CpuName.Flags}\n\n");
        }
        return text.ToString();
    }

    public static string Stat(GuestTask task)
    {
        var text = new StringBuilder("cpu  0 0 0 0 0 0 0 0 0 0\n");
        for (int i = 0; i < Environment.ProcessorCount; i++)
            text.Append(CultureInfo.InvariantCulture, $"cpu{i} 0 0 0 0 0 0 0 0 0 0\n");
        text.Append(CultureInfo.InvariantCulture, $"intr 0\nctxt 0\nbtime {task.Kernel.BootTime}\nprocesses 1\nprocs_running 1\nprocs_blocked 0\n");
        return text.ToString();
    }

    /// <summary>/proc/sys.</summary>
    public static DirectoryNode Controls()
    {
        var random = new DirectoryNode()
            .Add("boot_id", Fixed(BootId)).Add("uuid", new TextNode(_ => HostRandom.Uuid() + "\n")).Add("entropy_avail", Fixed("256"));
        var kernel = new DirectoryNode()
            .Add("ostype", Fixed(KernelName.System)).Add("osrelease", Fixed(KernelName.Release)).Add("version", Fixed(KernelName.Version))
            .Add("hostname", new TextNode(task => task.Kernel.Hostname + "\n")).Add("pid_max", Fixed("32768")).Add("threads-max", Fixed("32768"))
            .Add("cap_last_cap", Fixed("40")).Add("ngroups_max", Fixed("65536")).Add("random", random).Add("overflowuid", Fixed("65534")).Add("overflowgid", Fixed("65534"));
        var vm = new DirectoryNode().Add("overcommit_memory", Fixed("1")).Add("max_map_count", Fixed("65530")).Add("mmap_min_addr", Fixed("65536"));
        var fs = new DirectoryNode().Add("file-max", Fixed("1048576")).Add("nr_open", Fixed("1048576")).Add("pipe-max-size", Fixed("1048576"));
        IpcTexts.AddControls(kernel, fs);
        return new DirectoryNode().Add("kernel", kernel).Add("vm", vm).Add("fs", fs);
    }

    private static TextNode Fixed(string text) => new(_ => text + "\n");
}

/// <summary>The CPU as CPUID tells every program anyway.</summary>
internal static class CpuName
{
    public static string Vendor { get; } = Field("vendor_id");

    public static string Model { get; } = Field("model name");

    public static string Flags { get; } = Field("flags");

    private static string Field(string name)
    {
        Result<Fd> file = Sys.OpenAt(Fd.Cwd, "/proc/cpuinfo", Fcntl.O_RDONLY);
        if (!file.Ok)
            return "";
        using Fd opened = file.Value;
        byte[] bytes = new byte[8192];
        Result<int> length = Sys.Read(opened, bytes);
        foreach (string line in Encoding.ASCII.GetString(bytes, 0, length.Ok ? length.Value : 0).Split('\n'))
        {
            if (line.StartsWith(name, StringComparison.Ordinal) && line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0)
                return line[(colon + 1)..].Trim();
        }
        return "";
    }
}
