using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>/proc/PID/maps and smaps: the host's list of a cell, without the gate, with the guest's names.</summary>
internal static class MapTexts
{
    private const int NameColumn = 73;

    public static string Make(Subject subject, string file)
    {
        string host = HostProcess.Read(subject, file);
        var text = new StringBuilder(host.Length);
        bool hidden = false;
        var inodes = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string part in host.Split('\n'))
        {
            if (part.Length == 0)
                continue;
            string line = part;
            // The lines of smaps between two areas belong to the one before them.
            if (!Parse(line, out ulong start, out ulong end))
            {
                if (!hidden)
                    text.Append(line).Append('\n');
                continue;
            }
            hidden = (start >= GateLayout.GateBase && end <= GateLayout.GateEnd) || line.EndsWith("[stack]", StringComparison.Ordinal);
            if (!hidden)
                Add(text, subject, Original(subject.Process.Kernel, line, inodes), start, end);
        }
        return text.ToString();
    }

    /// <summary>
    /// Rewritten text is the file's that it stands for, and its trampolines are anonymous memory. <paramref name="inodes"/>: device and inode as the host
    /// has shown them of other parts of a file, which need not be what stat(2) says.
    /// </summary>
    private static string Original(Kernel kernel, string line, Dictionary<string, string> inodes)
    {
        int at = NameAt(line);
        if (at == line.Length || line[at] != '/')
            return line;
        string[] columns = line[..at].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (kernel.Texts.Named(line.AsSpan(at)) is not { } shared)
        {
            inodes[line[at..]] = columns[3] + " " + columns[4];
            return line;
        }
        ulong offset = ulong.Parse(columns[2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        if (offset >= shared.Key.Length)
            return $"{columns[0]} {columns[1]} 00000000 00:00 0 ";
        string name = shared.Name;
        if (!inodes.TryGetValue(name, out string? inode))
        {
            ulong device = shared.Key.Device, major = (device >> 8 & 0xfff) | (device >> 32 & ~0xfffUL), minor = (device & 0xff) | (device >> 12 & ~0xffUL & uint.MaxValue);
            inode = string.Create(CultureInfo.InvariantCulture, $"{major:x2}:{minor:x2} {shared.Key.Inode}");
        }
        string front = string.Create(CultureInfo.InvariantCulture, $"{columns[0]} {columns[1]} {offset + shared.Key.Offset:x8} {inode} ");
        return front.PadRight(NameColumn) + name;
    }

    /// <summary>All of the range is mapped.</summary>
    public static bool Cover(GuestTask task, ulong begin, ulong end)
    {
        string host = HostProcess.ReadFile(task.Kernel, string.Create(CultureInfo.InvariantCulture, $"/proc/{task.HostPid}/maps"));
        foreach (string line in host.Split('\n'))
        {
            if (!Parse(line, out ulong start, out ulong stop) || stop <= begin)
                continue;
            if (start > begin)
                return false;
            begin = stop;
            if (begin >= end)
                return true;
        }
        return false;
    }

    private static bool Parse(string line, out ulong start, out ulong end)
    {
        start = end = 0;
        int dash = line.IndexOf('-', StringComparison.Ordinal), space = line.IndexOf(' ', StringComparison.Ordinal);
        return dash > 0 && space > dash && ulong.TryParse(line.AsSpan(0, dash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out start)
            && ulong.TryParse(line.AsSpan(dash + 1, space - dash - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out end);
    }

    private static void Add(StringBuilder text, Subject subject, string line, ulong start, ulong end)
    {
        ImageLayout layout = subject.Process.Layout;
        int at = NameAt(line);
        bool isAnonymous = at == line.Length;
        if (isAnonymous && start < layout.Heap && layout.Heap < end && layout.Heap != 0)
        {
            // The host has joined .bss and the heap, which lie side by side with the same rights.
            string rest = line[line.IndexOf(' ', StringComparison.Ordinal)..].TrimEnd();
            text.Append(CultureInfo.InvariantCulture, $"{start:x8}-{layout.Heap:x8}{rest}\n");
            Named(text, string.Create(CultureInfo.InvariantCulture, $"{layout.Heap:x8}-{end:x8}{rest}"), "[heap]");
            return;
        }
        if (isAnonymous && start == layout.Heap && start != 0)
            Named(text, line, "[heap]");
        else if (isAnonymous && start < layout.StackTop && layout.StackTop <= end)
            Named(text, line, "[stack]");
        else if (!isAnonymous && line[at] == '/')
            Named(text, line[..at], subject.Process.Kernel.FileSystem.Inside(line[at..]) ?? line[at..]);
        else
            text.Append(line).Append('\n');
    }

    /// <summary>Where the sixth column begins; the line's length when it is empty.</summary>
    private static int NameAt(string line)
    {
        int at = 0;
        for (int column = 0; column < 5; column++)
        {
            while (at < line.Length && line[at] != ' ')
                at++;
            while (at < line.Length && line[at] == ' ')
                at++;
        }
        return at;
    }

    private static void Named(StringBuilder text, string line, string name) => text.Append(line.TrimEnd().PadRight(NameColumn)).Append(name).Append('\n');
}
