using System;

namespace Bulkhead.Linux;

/// <summary>
/// Names packed as one ASCII text, each ended by a space, numbered from 0. No objects, no static constructor: a look-up costs the
/// bytes it walks, which is what a process that lives for milliseconds wants.
/// </summary>
internal readonly ref struct NameTable(ReadOnlySpan<byte> packed)
{
    private readonly ReadOnlySpan<byte> _packed = packed;

    /// <summary>The number of <paramref name="name"/>, or -1. Exact case.</summary>
    public int IndexOf(ReadOnlySpan<char> name)
    {
        ReadOnlySpan<byte> rest = _packed;
        for (int number = 0; !rest.IsEmpty; number++)
        {
            int end = rest.IndexOf((byte)' ');
            if (Same(rest[..end], name))
                return number;
            rest = rest[(end + 1)..];
        }
        return -1;
    }

    /// <summary>The name of <paramref name="number"/>, or an empty text.</summary>
    public ReadOnlySpan<byte> this[int number]
    {
        get
        {
            ReadOnlySpan<byte> rest = _packed;
            for (int at = 0; !rest.IsEmpty; at++)
            {
                int end = rest.IndexOf((byte)' ');
                if (at == number)
                    return rest[..end];
                rest = rest[(end + 1)..];
            }
            return default;
        }
    }

    private static bool Same(ReadOnlySpan<byte> ascii, ReadOnlySpan<char> text)
    {
        if (ascii.Length != text.Length)
            return false;
        for (int i = 0; i < ascii.Length; i++)
        {
            if (ascii[i] != text[i])
                return false;
        }
        return true;
    }
}
