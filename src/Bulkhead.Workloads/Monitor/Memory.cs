using System;
using System.Buffers.Text;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Monitor;

/// <summary>A monitor waits for hours: what creation needed is given back.</summary>
internal static class Memory
{
    private const int DontNeed = 4; // MADV_DONTNEED
    private const int MaxMaps = 256 << 10;

    private static (nint Start, nint Length)[] s_program = [];

    /// <summary>After the container was made.</summary>
    public static void Trim()
    {
        if (s_program.Length == 0)
            FindProgram();
        GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        Forget();
    }

    /// <summary>Pages of our own program: the few that waiting needs come back from the page cache.</summary>
    public static void Forget()
    {
        foreach ((nint start, nint length) in s_program)
            Sys.Advise(start, length, DontNeed);
    }

    /// <summary>Mappings that are as the file has them, from /proc/self/smaps: one with anonymous pages was written to, and would lose that.</summary>
    private static void FindProgram()
    {
        var found = new List<(nint Start, nint Length)>();
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, "/proc/self/smaps", Fcntl.O_RDONLY);
        if (!opened.Ok)
            return;
        Result<byte[]> text;
        using (Fd file = opened.Value)
            text = Sys.ReadFile(file, MaxMaps);
        if (!text.Ok)
            return;
        ReadOnlySpan<byte> rest = text.Value;
        nint start = 0, end = 0;
        while (rest.IndexOf((byte)'\n') is >= 0 and int newline)
        {
            ReadOnlySpan<byte> line = rest[..newline];
            rest = rest[(newline + 1)..];
            if (IsClean(line) && start != 0)
                found.Add((start, end - start));
            else if (TryParseRange(line, out nint first, out nint last))
                (start, end) = IsProgram(line) ? (first, last) : (0, 0);
        }
        s_program = found.ToArray();
    }

    private static bool IsClean(ReadOnlySpan<byte> line) => line.StartsWith("Anonymous:"u8) && line.EndsWith(" 0 kB"u8);

    /// <summary>Mapped from a file, privately, and not writable.</summary>
    private static bool IsProgram(ReadOnlySpan<byte> line)
    {
        int space = line.IndexOf((byte)' ');
        return line[space + 1] == 'r' && line[space + 2] == '-' && line[space + 4] == 'p' && line.Contains((byte)'/');
    }

    /// <summary>"START-END PERMISSIONS ...", hexadecimal.</summary>
    private static bool TryParseRange(ReadOnlySpan<byte> line, out nint start, out nint end)
    {
        (start, end) = (0, 0);
        int dash = line.IndexOf((byte)'-'), space = line.IndexOf((byte)' ');
        if (dash <= 0 || space <= dash || line[space - 1] == ':')
            return false;
        bool good = Utf8Parser.TryParse(line[..dash], out long first, out int used, 'x') & used == dash;
        good &= Utf8Parser.TryParse(line[(dash + 1)..space], out long last, out used, 'x') & used == space - dash - 1;
        (start, end) = ((nint)first, (nint)last);
        return good;
    }
}
