using System;
using System.Collections.Generic;
using System.Net.Http;

namespace Bulkhead.Images.Registry.Http;

/// <summary>What a registry wants to see (WWW-Authenticate, RFC 9110 11.6.1, with the parameters of distribution's token specification). A stranger's words.</summary>
internal sealed record Challenge(bool IsBearer, string Realm, string? Service, string? Scope)
{
    /// <summary>The first Bearer, else the first Basic; null: neither.</summary>
    public static Challenge? Of(HttpResponseMessage message)
    {
        Challenge? basic = null;
        foreach (string header in Headers.All(message, "WWW-Authenticate"))
        {
            foreach (Challenge one in Parse(header))
            {
                if (one.IsBearer)
                    return one;
                basic ??= one;
            }
        }
        return basic;
    }

    /// <summary>The Bearer and Basic challenges of one header; what cannot be read ends it.</summary>
    public static List<Challenge> Parse(string header)
    {
        var found = new List<Challenge>();
        var reader = new Reader(header);
        string? scheme = null;
        var fields = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (reader.Token() is { Length: > 0 } word)
        {
            if (scheme is not null && reader.Take('='))
            {
                if (reader.Value() is not { } value)
                    break;
                fields.TryAdd(word, value);
                reader.SkipCommas();
                continue;
            }
            Add(found, scheme, fields);
            (scheme, fields) = (word, new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase));
            reader.SkipCommas();
        }
        Add(found, scheme, fields);
        return found;
    }

    private static void Add(List<Challenge> found, string? scheme, Dictionary<string, string> fields)
    {
        bool bearer = string.Equals(scheme, "Bearer", StringComparison.OrdinalIgnoreCase);
        if (bearer || string.Equals(scheme, "Basic", StringComparison.OrdinalIgnoreCase))
            found.Add(new Challenge(bearer, fields.GetValueOrDefault("realm", ""), fields.GetValueOrDefault("service"), fields.GetValueOrDefault("scope")));
    }

    private struct Reader(string text)
    {
        private int at;

        public string Token()
        {
            SkipSpaces();
            int begin = at;
            while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || "!#$%&'*+-.^_`|~/:".Contains(text[at], StringComparison.Ordinal)))
                at++;
            return text[begin..at];
        }

        public bool Take(char wanted)
        {
            SkipSpaces();
            if (at == text.Length || text[at] != wanted)
                return false;
            at++;
            return true;
        }

        /// <summary>A word, or one in quotes with its backslashes taken away; null: the quotes have no end.</summary>
        public string? Value()
        {
            if (!Take('"'))
                return Token();
            var value = new System.Text.StringBuilder();
            for (; at < text.Length; at++)
            {
                if (text[at] == '"')
                {
                    at++;
                    return value.ToString();
                }
                if (text[at] == '\\' && at + 1 < text.Length)
                    at++;
                value.Append(text[at]);
            }
            return null;
        }

        public void SkipCommas()
        {
            SkipSpaces();
            while (at < text.Length && text[at] is (',' or ' ' or '\t'))
                at++;
        }

        private void SkipSpaces()
        {
            while (at < text.Length && text[at] is (' ' or '\t'))
                at++;
        }
    }
}
