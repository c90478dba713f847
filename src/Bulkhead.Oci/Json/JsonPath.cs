using System;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Bulkhead.Oci;

/// <summary>Finds the path of a token by reading the document again: errors pay for it, good documents do not.</summary>
internal static class JsonPath
{
    /// <summary>The path ($.process.user.uid) of the token that starts at a byte offset.</summary>
    public static string At(ReadOnlySpan<byte> json, long offset)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 256 });
        var names = new string?[258];
        var indexes = new int[258];
        indexes[0] = -1;
        int depth = 0;
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                depth--;
                continue;
            }
            if (reader.TokenType != JsonTokenType.PropertyName && indexes[depth] >= 0)
                names[depth] = "[" + (indexes[depth]++).ToString(CultureInfo.InvariantCulture) + "]";
            if (reader.TokenType == JsonTokenType.PropertyName)
                names[depth] = Segment(Encoding.UTF8.GetString(reader.ValueSpan));
            if (reader.TokenStartIndex >= offset)
                return Join(names, depth);
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                depth++;
                names[depth] = null;
                indexes[depth] = reader.TokenType == JsonTokenType.StartArray ? 0 : -1;
            }
        }
        return "$";
    }

    /// <summary>A name as a segment: .name, or ["na.me"] where it is no plain word.</summary>
    public static string Segment(string name)
    {
        foreach (char c in name)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
                return "[\"" + name + "\"]";
        }
        return "." + name;
    }

    private static string Join(string?[] names, int depth)
    {
        var path = new StringBuilder("$");
        for (int i = 0; i <= depth; i++)
            path.Append(names[i]);
        return path.ToString();
    }
}
