using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net.Http;

namespace Bulkhead.Images.Registry.Http;

/// <summary>Header fields as they came: a stranger's.</summary>
internal static class Headers
{
    private const int MaxLength = 8192;

    /// <summary>Null: there is none, or it is longer than any is.</summary>
    public static string? First(HttpResponseMessage message, string name)
    {
        foreach (string value in All(message, name))
            return value;
        return null;
    }

    public static IEnumerable<string> All(HttpResponseMessage message, string name)
    {
        bool found = message.Headers.NonValidated.TryGetValues(name, out System.Net.Http.Headers.HeaderStringValues values)
            || message.Content.Headers.NonValidated.TryGetValues(name, out values);
        if (!found)
            yield break;
        foreach (string value in values)
        {
            if (value.Length <= MaxLength)
                yield return value;
        }
    }

    /// <summary>"bytes FIRST-LAST/TOTAL" (RFC 9110 14.4); the total is null where it says '*'.</summary>
    public static bool TryContentRange(string? text, out long first, out long? total)
    {
        (first, total) = (0, null);
        if (text is null || !text.StartsWith("bytes ", StringComparison.Ordinal))
            return false;
        int dash = text.IndexOf('-'), slash = text.IndexOf('/');
        if (dash < 6 || slash < dash || !long.TryParse(text.AsSpan(6, dash - 6), NumberStyles.None, CultureInfo.InvariantCulture, out first))
            return false;
        ReadOnlySpan<char> size = text.AsSpan(slash + 1);
        if (size is "*")
            return true;
        bool good = long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out long all);
        total = all;
        return good;
    }
}
