using System;
using System.Globalization;
using System.Text;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Cgroups;

/// <summary>Reads and writes the small files of a cgroup directory.</summary>
internal static class CgroupIo
{
    /// <summary>open, one write, close. kernfs takes a value in one write or not at all.</summary>
    public static Errno TryWrite(Fd dir, string file, ReadOnlySpan<char> value)
    {
        Result<Fd> fd = Sys.OpenAt(dir, file, Fcntl.O_WRONLY | Fcntl.O_NOFOLLOW);
        if (!fd.Ok)
            return fd.Error;
        using (fd.Value)
            return WriteTo(fd.Value, value);
    }

    public static Errno WriteTo(Fd fd, ReadOnlySpan<char> value)
    {
        Span<byte> small = stackalloc byte[256];
        Span<byte> bytes = value.Length * 3 <= small.Length ? small : new byte[value.Length * 3];
        return Sys.Write(fd, bytes[..Encoding.UTF8.GetBytes(value, bytes)]).Error;
    }

    /// <summary>The whole file as text.</summary>
    public static Result<string> Read(Fd dir, string file)
    {
        Result<Fd> fd = Sys.OpenAt(dir, file, Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW);
        if (!fd.Ok)
            return fd.Error;
        using (fd.Value)
            return ReadAll(fd.Value);
    }

    public static Result<string> ReadAll(Fd fd)
    {
        byte[] buffer = new byte[4096];
        int length = 0;
        while (true)
        {
            Result<int> count = Sys.Read(fd, buffer.AsSpan(length));
            if (!count.Ok)
                return count.Error;
            if (count.Value == 0)
                return Encoding.UTF8.GetString(buffer, 0, length);
            length += count.Value;
            if (length == buffer.Length)
                Array.Resize(ref buffer, length * 2);
        }
    }

    /// <summary>A file that holds one number; "max" is the greatest one.</summary>
    public static Result<ulong> ReadNumber(Fd dir, string file)
    {
        Result<string> text = Read(dir, file);
        if (!text.Ok)
            return text.Error;
        return ParseNumber(text.Value);
    }

    public static ulong ParseNumber(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (text is "max")
            return ulong.MaxValue;
        // v1 shows "unlimited" of signed files as a negative number.
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
            return value;
        return long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long signed) && signed < 0 ? 0 : ulong.MaxValue;
    }

    /// <summary>The value of "key value" in a flat-keyed text; null when the key is missing.</summary>
    public static ulong? Keyed(string text, ReadOnlySpan<char> key)
    {
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            if (line.Length > key.Length && line[key.Length] == ' ' && line.StartsWith(key, StringComparison.Ordinal))
                return ParseNumber(line[(key.Length + 1)..]);
        }
        return null;
    }

    public static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Text(ulong value) => value.ToString(CultureInfo.InvariantCulture);
}
