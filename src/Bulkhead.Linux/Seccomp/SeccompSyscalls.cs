using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Seccomp;

/// <summary>System call names to numbers, by binary search in read-only data: nothing is built at start-up.</summary>
public static partial class SeccompSyscalls
{
    /// <summary>The tables that an x86-64 kernel needs; the numbers are columns of <see cref="Numbers"/>.</summary>
    private const int Columns = 3;

    /// <summary>The number of a call; for x32 with its bit 30. False for a name or an architecture without one.</summary>
    public static bool TryGetNumber(SeccompArch arch, ReadOnlySpan<char> name, out int number)
    {
        int hint = 0;
        int index = arch <= SeccompArch.X32 ? Find(name, ref hint) : -1;
        number = index < 0 ? -1 : NumberAt(index, arch);
        if (number >= 0 && arch == SeccompArch.X32)
            number |= (int)SeccompAbi.X32_SYSCALL_BIT;
        return number >= 0;
    }

    /// <summary>
    /// The row of a name, or -1. <paramref name="hint"/>: where to look first; profiles list their names in order, so the row after
    /// the last one found is often right.
    /// </summary>
    internal static int Find(ReadOnlySpan<char> name, ref int hint)
    {
        if (hint < Count && Compare(name, hint) == 0)
            return hint++;
        int low = 0;
        int high = Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = Compare(name, middle);
            if (order == 0)
            {
                hint = middle + 1;
                return middle;
            }
            if (order < 0)
                high = middle - 1;
            else
                low = middle + 1;
        }
        return -1;
    }

    /// <summary>Without x32's bit; -1 for none.</summary>
    internal static int NumberAt(int index, SeccompArch arch) => Numbers[index * Columns + (int)arch];

    /// <summary>See <see cref="Multiplexed"/>.</summary>
    internal static int MultiplexedAt(int index) => Multiplexed[index];

    private static int Compare(ReadOnlySpan<char> name, int index)
    {
        ReadOnlySpan<byte> other = Names[Offsets[index]..Offsets[index + 1]];
        int length = Math.Min(name.Length, other.Length);
        for (int i = 0; i < length; i++)
        {
            if (name[i] != other[i])
                return name[i] - other[i];
        }
        return name.Length - other.Length;
    }
}
