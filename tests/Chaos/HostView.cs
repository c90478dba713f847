using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Threading;

namespace Bulkhead.Chaos;

/// <summary>What the kernel says is there.</summary>
internal static class HostView
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Directories of this name and all below, in every hierarchy, deepest first.</summary>
    public static List<string> Cgroups(string name)
    {
        var found = new List<string>();
        foreach (string hierarchy in Hierarchies())
        {
            string top = hierarchy + "/" + name;
            if (!Directory.Exists(top))
                continue;
            found.AddRange(Directory.GetDirectories(top, "*", SearchOption.AllDirectories));
            found.Add(top);
        }
        found.Sort((a, b) => b.Length.CompareTo(a.Length));
        return found;
    }

    /// <summary>Mounts of the host that mention a path.</summary>
    public static List<string> Mounts(string path)
    {
        var found = new List<string>();
        foreach (string line in File.ReadLines("/proc/self/mountinfo"))
        {
            if (line.Contains(path, StringComparison.Ordinal))
                found.Add("mount " + line);
        }
        return found;
    }

    /// <summary>Alive: there, and no zombie.</summary>
    public static bool IsAlive(int pid)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>What /proc/PID/exe points to; the stub is a memory file.</summary>
    public static string Program(int pid) => new FileInfo($"/proc/{pid}/exe").LinkTarget ?? "";

    /// <summary>Every process ends, if not at once: the kernel takes it apart after the call that killed it has returned.</summary>
    public static List<string> StillAlive(IEnumerable<int> pids)
    {
        var left = new List<string>();
        var watch = Stopwatch.StartNew();
        foreach (int pid in pids)
        {
            while (IsAlive(pid) && watch.Elapsed < Patience)
                Thread.Sleep(5);
            if (IsAlive(pid))
                left.Add($"process {pid} {Program(pid)}");
        }
        return left;
    }

    private static IEnumerable<string> Hierarchies()
    {
        foreach (string line in File.ReadLines("/proc/self/mountinfo"))
        {
            string[] halves = line.Split(" - ");
            if (halves[1].StartsWith("cgroup", StringComparison.Ordinal))
                yield return halves[0].Split(' ')[4];
        }
    }
}
