using System.Globalization;
using System.Text;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>Sets of CPUs as the kernel prints them (cpuset(7)).</summary>
internal static class CpuTexts
{
    private static bool Has(ulong[] set, int cpu) => cpu < set.Length * 64 && (set[cpu / 64] >> (cpu % 64) & 1) != 0;

    /// <summary>"0-3,7".</summary>
    public static string List(ulong[] set)
    {
        var text = new StringBuilder();
        for (int cpu = 0; cpu < set.Length * 64; cpu++)
        {
            if (!Has(set, cpu))
                continue;
            int last = cpu;
            while (Has(set, last + 1))
                last++;
            text.Append(text.Length == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{cpu}");
            if (last > cpu)
                text.Append(CultureInfo.InvariantCulture, $"-{last}");
            cpu = last;
        }
        return text.ToString();
    }

    /// <summary>Words of 32 bits, the highest first; only as many digits as the machine has CPUs for.</summary>
    public static string Mask(ulong[] set)
    {
        int words = (System.Environment.ProcessorCount + 31) / 32;
        var text = new StringBuilder();
        for (int word = words - 1; word >= 0; word--)
        {
            uint bits = word / 2 < set.Length ? (uint)(set[word / 2] >> (word % 2 * 32)) : 0;
            int digits = word < words - 1 ? 8 : ((System.Environment.ProcessorCount - (word * 32)) + 3) / 4;
            text.Append(word < words - 1 ? "," : "").Append(bits.ToString("x" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
        }
        return text.ToString();
    }

    /// <summary>"0-N": all there are.</summary>
    public static string All => System.Environment.ProcessorCount == 1 ? "0" : string.Create(CultureInfo.InvariantCulture, $"0-{System.Environment.ProcessorCount - 1}");
}
