using System;
using System.Net;
using System.Net.Sockets;
using Bulkhead.Linux;

namespace Bulkhead.Cli.Options;

/// <summary>--hostname and --add-host: what goes into /etc/hosts, where a space or a newline begins another name or line.</summary>
internal static class HostNames
{
    /// <summary>Bytes, without the NUL (uname(2): __NEW_UTS_LEN).</summary>
    private const int Longest = 64;

    public static string Check(string name, string flag) =>
        name.Length <= Longest && IsGood(name) ? name : throw new StepException($"{flag}: '{name}' is no host name: letters, digits and _.-, not - first, {Longest} at most");

    /// <summary>NAME:ADDRESS or NAME=ADDRESS.</summary>
    public static string Line(string text)
    {
        int colon = text.AsSpan().IndexOfAny(':', '=');
        return colon > 0 && IsGood(text[..colon]) && IsAddress(text[(colon + 1)..]) ? text
            : throw new StepException($"--add-host: '{text}' is not NAME:ADDRESS, with an address as 10.0.0.1 or fd00::1");
    }

    /// <summary>As people write them: the parser also takes 1.2 for 1.0.0.2, brackets, ports and interfaces.</summary>
    public static bool IsAddress(string text) =>
        IPAddress.TryParse(text, out IPAddress? address)
        && (address.AddressFamily == AddressFamily.InterNetworkV6 ? text.AsSpan().IndexOfAny("[]%") < 0 : address.ToString() == text);

    private static bool IsGood(string name)
    {
        bool good = name.Length > 0 && name[0] != '-';
        foreach (char c in name)
            good &= char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-';
        return good;
    }
}
