using System;
using System.Buffers.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Host;

/// <summary>Short texts of the host's /proc and of our cgroup, read into the caller's memory: what guests ask for often makes no strings.</summary>
internal static unsafe class HostText
{
    /// <summary>As much as there is room for; nothing when it cannot be read. The path ends with a NUL.</summary>
    public static ReadOnlySpan<byte> Read(scoped ReadOnlySpan<byte> path, Span<byte> to)
    {
        fixed (byte* name = path, buffer = to)
        {
            nint file = Sys.Direct(SysNr.openat, Fcntl.AT_FDCWD, (nint)name, Fcntl.O_RDONLY | Fcntl.O_CLOEXEC);
            if (file < 0)
                return default;
            int length = 0;
            while (length < to.Length && HostFiles.Read((int)file, buffer + length, to.Length - length, -1) is var more and > 0)
                length += (int)more;
            HostFiles.Close((int)file);
            return to[..length];
        }
    }

    /// <summary>The number that the text begins with, behind blanks; -1: there is none.</summary>
    public static long Number(ReadOnlySpan<byte> text) => Utf8Parser.TryParse(text.TrimStart((byte)' '), out long value, out _) ? value : -1;

    /// <summary>The number in the line that begins with <paramref name="name"/>.</summary>
    public static long Field(ReadOnlySpan<byte> text, ReadOnlySpan<byte> name)
    {
        while (!text.IsEmpty)
        {
            if (text.StartsWith(name))
                return Number(text[name.Length..]);
            int end = text.IndexOf((byte)'\n');
            text = end < 0 ? default : text[(end + 1)..];
        }
        return -1;
    }

    /// <summary>The word of that place, counted from 0; words have one blank between them.</summary>
    public static ReadOnlySpan<byte> Word(ReadOnlySpan<byte> text, int place)
    {
        for (; place > 0; place--)
        {
            int blank = text.IndexOf((byte)' ');
            if (blank < 0)
                return default;
            text = text[(blank + 1)..];
        }
        return text;
    }
}
