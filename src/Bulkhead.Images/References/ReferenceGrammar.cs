using System;

namespace Bulkhead.Images.References;

/// <summary>The words of a reference, as distribution/reference has them. What passes is safe as part of a URL's path: no word begins with a dot.</summary>
internal static class ReferenceGrammar
{
    public const int MaxHost = 255, MaxRepository = 255, MaxTag = 128;

    /// <summary>RFC 1035 2.3.4.</summary>
    private const int MaxLabel = 63;

    /// <summary>Letters, digits, '_', '.', '-', not beginning with '.' or '-'; 128 at most.</summary>
    public static bool IsTag(string text)
    {
        if (text.Length is 0 or > MaxTag || text[0] is '.' or '-')
            return false;
        foreach (char one in text)
        {
            if (!char.IsAsciiLetterOrDigit(one) && one is not ('_' or '.' or '-'))
                return false;
        }
        return true;
    }

    /// <summary>Parts of lower-case letters and digits, separated inside by one '.', one or two '_', or any '-'.</summary>
    public static bool IsRepository(string text)
    {
        if (text.Length is 0 or > MaxRepository)
            return false;
        foreach (Range part in text.AsSpan().Split('/'))
        {
            if (!IsPathPart(text.AsSpan(part)))
                return false;
        }
        return true;
    }

    /// <summary>A name, an IPv4 address or an IPv6 address in brackets, and perhaps a port.</summary>
    public static bool IsHost(string text)
    {
        if (text.Length is 0 or > MaxHost)
            return false;
        int close = text[0] == '[' ? text.IndexOf(']') : -1;
        int colon = text.IndexOf(':', close + 1);
        ReadOnlySpan<char> name = colon < 0 ? text : text.AsSpan(0, colon);
        return (colon < 0 || IsPort(text.AsSpan(colon + 1))) && (text[0] == '[' ? IsBracketed(name) : IsName(name));
    }

    private static bool IsPort(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= 5 && !text.ContainsAnyExceptInRange('0', '9') && int.Parse(text, System.Globalization.CultureInfo.InvariantCulture) is > 0 and <= 65535;

    /// <summary>.NET's parser also takes zones, and brackets and ports of its own.</summary>
    private static bool IsBracketed(ReadOnlySpan<char> name) =>
        name.Length > 2 && name[^1] == ']' && !name[1..^1].ContainsAny('%', '[', ']') && System.Net.IPAddress.TryParse(name[1..^1], out System.Net.IPAddress? address) && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6;

    private static bool IsName(ReadOnlySpan<char> name)
    {
        foreach (Range range in name.Split('.'))
        {
            ReadOnlySpan<char> part = name[range];
            if (part.Length is 0 or > MaxLabel || part[0] == '-' || part[^1] == '-')
                return false;
            foreach (char one in part)
            {
                if (!char.IsAsciiLetterOrDigit(one) && one != '-')
                    return false;
            }
        }
        return true;
    }

    private static bool IsPathPart(ReadOnlySpan<char> part)
    {
        for (int at = 0; at < part.Length;)
        {
            int word = Run(part[at..], static one => char.IsAsciiLetterLower(one) || char.IsAsciiDigit(one));
            if (word == 0)
                return false;
            at += word;
            if (at == part.Length)
                return true;
            int separator = Separator(part[at..]);
            if (separator == 0)
                return false;
            at += separator;
        }
        return false;
    }

    private static int Separator(ReadOnlySpan<char> text) => text[0] switch
    {
        '.' => 1,
        '_' => text.Length > 1 && text[1] == '_' ? 2 : 1,
        _ => Run(text, static one => one == '-'),
    };

    private static int Run(ReadOnlySpan<char> text, Func<char, bool> belongs)
    {
        int length = 0;
        while (length < text.Length && belongs(text[length]))
            length++;
        return length;
    }
}
