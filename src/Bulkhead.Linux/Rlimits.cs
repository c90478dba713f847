using System;
using System.Globalization;
using System.Text;

namespace Bulkhead.Linux;

/// <summary>Names of resource limits, as the runtime specification writes them: RLIMIT_X.</summary>
public static class Rlimits
{
    private const string Prefix = "RLIMIT_";

    private static ReadOnlySpan<byte> Packed =>
        "CPU FSIZE DATA STACK CORE RSS NPROC NOFILE MEMLOCK AS LOCKS SIGPENDING MSGQUEUE NICE RTPRIO RTTIME "u8;

    public static bool TryParse(ReadOnlySpan<char> name, out int number)
    {
        number = name.StartsWith(Prefix, StringComparison.Ordinal) ? new NameTable(Packed).IndexOf(name[Prefix.Length..]) : -1;
        return number >= 0;
    }

    public static string Name(int number)
    {
        ReadOnlySpan<byte> name = new NameTable(Packed)[number];
        return Prefix + (name.IsEmpty ? number.ToString(CultureInfo.InvariantCulture) : Encoding.ASCII.GetString(name));
    }
}
