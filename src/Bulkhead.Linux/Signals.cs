using System;
using System.Globalization;
using System.Text;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

/// <summary>Signal names and numbers. Real-time signals count as libc's users know them: RTMIN is 34, RTMAX is 64.</summary>
public static class Signals
{
    public const int RealTimeMin = 34;
    public const int RealTimeMax = 64;

    /// <summary>Name n is signal n + 1.</summary>
    private static ReadOnlySpan<byte> Packed =>
        "HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM "u8 +
        "PROF WINCH IO PWR SYS "u8;

    /// <summary>
    /// A signal as `kill` takes it: a number from 0 to 64, or a name in any case, with or without SIG; also RTMIN+n, RTMAX-n and
    /// the old names IOT, CLD and POLL.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out int number)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number))
            return number <= RealTimeMax;
        Span<char> upper = stackalloc char[16];
        number = 0;
        int length = text.Length > upper.Length ? 0 : text.ToUpperInvariant(upper);
        ReadOnlySpan<char> name = upper[..length];
        if (name.StartsWith("SIG", StringComparison.Ordinal))
            name = name[3..];
        if (name.StartsWith("RTM", StringComparison.Ordinal))
            return TryParseRealTime(name, out number);
        number = name switch
        {
            "IOT" => Signal.SIGABRT,
            "CLD" => Signal.SIGCHLD,
            "POLL" => Signal.SIGIO,
            _ => new NameTable(Packed).IndexOf(name) + 1,
        };
        return number > 0;
    }

    /// <summary>SIGKILL, SIGRTMIN+3, or the number of one without a name.</summary>
    public static string Name(int number)
    {
        if (number is >= RealTimeMin and <= RealTimeMax)
        {
            string offset = (number - RealTimeMin).ToString(CultureInfo.InvariantCulture);
            return number == RealTimeMin ? "SIGRTMIN" : "SIGRTMIN+" + offset;
        }
        ReadOnlySpan<byte> name = new NameTable(Packed)[number - 1];
        return name.IsEmpty ? number.ToString(CultureInfo.InvariantCulture) : "SIG" + Encoding.ASCII.GetString(name);
    }

    private static bool TryParseRealTime(ReadOnlySpan<char> name, out int number)
    {
        const int Stem = 5;
        number = 0;
        if (name.Length < Stem)
            return false;
        ReadOnlySpan<char> stem = name[..Stem];
        ReadOnlySpan<char> tail = name[Stem..];
        int offset = 0;
        if (!tail.IsEmpty && !int.TryParse(tail[1..], NumberStyles.None, CultureInfo.InvariantCulture, out offset))
            return false;
        if (stem is "RTMIN" && (tail.IsEmpty || tail[0] == '+'))
            number = RealTimeMin + offset;
        else if (stem is "RTMAX" && (tail.IsEmpty || tail[0] == '-'))
            number = RealTimeMax - offset;
        if (number is >= RealTimeMin and <= RealTimeMax)
            return true;
        number = 0;
        return false;
    }
}
