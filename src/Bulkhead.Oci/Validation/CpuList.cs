using System;

namespace Bulkhead.Oci;

/// <summary>The kernel's list format: "0-3,8,10-12:1/2" without the stride, as cpuset and runc take it.</summary>
public static class CpuList
{
    /// <summary>Larger than any CPU or node number that Linux can be built with (NR_CPUS 8192).</summary>
    public const int Limit = 8192;

    public static bool IsValid(ReadOnlySpan<char> list) => TryParse(list, default);

    /// <summary>Sets a bit for each number of the list; an empty <paramref name="mask"/> only checks it.</summary>
    public static bool TryParse(ReadOnlySpan<char> list, Span<ulong> mask)
    {
        list = list.Trim();
        while (true)
        {
            int comma = list.IndexOf(',');
            ReadOnlySpan<char> part = comma < 0 ? list : list[..comma];
            if (!TryRange(part, out int first, out int last))
                return false;
            for (int i = first; i <= last && !mask.IsEmpty; i++)
            {
                if (i / 64 >= mask.Length)
                    return false;
                mask[i / 64] |= 1UL << (i % 64);
            }
            if (comma < 0)
                return true;
            list = list[(comma + 1)..];
        }
    }

    private static bool TryRange(ReadOnlySpan<char> part, out int first, out int last)
    {
        int dash = part.IndexOf('-');
        if (dash < 0)
            return TryNumber(part, out first) & TryNumber(part, out last);
        last = 0;
        return TryNumber(part[..dash], out first) && TryNumber(part[(dash + 1)..], out last) && first <= last;
    }

    private static bool TryNumber(ReadOnlySpan<char> text, out int number)
    {
        number = 0;
        if (text.IsEmpty || text.Length > 4)
            return false;
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c))
                return false;
            number = number * 10 + (c - '0');
        }
        return number < Limit;
    }
}
