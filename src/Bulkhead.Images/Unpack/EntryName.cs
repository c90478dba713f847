using System;
using System.Globalization;
using System.Text;

namespace Bulkhead.Images.Unpack;

/// <summary>Names in a tar: any bytes but NUL.</summary>
internal static class EntryName
{
    private const int LongestShown = 200;

    /// <summary>For a message: control characters and what is no UTF-8 as \xNN, a long one cut in the middle.</summary>
    public static string Show(ReadOnlySpan<byte> name)
    {
        var text = new StringBuilder(name.Length);
        while (!name.IsEmpty)
        {
            bool whole = Rune.DecodeFromUtf8(name, out Rune rune, out int length) == System.Buffers.OperationStatus.Done;
            if (whole && !Rune.IsControl(rune) && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator))
                text.Append(rune.ToString());
            else
            {
                foreach (byte one in name[..length])
                    text.Append(CultureInfo.InvariantCulture, $"\\x{one:x2}");
            }
            name = name[length..];
        }
        return text.Length <= LongestShown ? text.ToString() : text.ToString(0, LongestShown / 2) + "..." + text.ToString(text.Length - (LongestShown / 2), LongestShown / 2);
    }

    /// <summary>
    /// The path below the root, without "." and empty parts; ".." takes the part before it away, as Docker reads names. An absolute one is taken below the root.
    /// Null: it leads above the root.
    /// </summary>
    public static byte[]? Clean(ReadOnlySpan<byte> name)
    {
        byte[] clean = new byte[name.Length];
        int length = 0;
        foreach (Range range in name.Split((byte)'/'))
        {
            ReadOnlySpan<byte> part = name[range];
            if (part.IsEmpty || part.SequenceEqual("."u8))
                continue;
            if (part.SequenceEqual(".."u8))
            {
                if (length == 0)
                    return null;
                length = Math.Max(0, clean.AsSpan(0, length).LastIndexOf((byte)'/'));
                continue;
            }
            if (length > 0)
                clean[length++] = (byte)'/';
            part.CopyTo(clean.AsSpan(length));
            length += part.Length;
        }
        return clean.AsSpan(0, length).ToArray();
    }

    /// <summary>With the NUL that system calls need.</summary>
    public static byte[] Ended(ReadOnlySpan<byte> name)
    {
        byte[] ended = new byte[name.Length + 1];
        name.CopyTo(ended);
        return ended;
    }
}
