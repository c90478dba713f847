using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using Bulkhead.Linux;

namespace Bulkhead.Cli.Format;

/// <summary>
/// The part of Go's text/template that people type after --format: {{.Field.Below}}, {{json .Field}}, {{join .Field ","}}, {{index .Field "key"}}, {{upper .Field}},
/// {{lower .Field}}, {{len .Field}} and a text in quotes. What else there is (range, if, pipes, variables) is refused by name.
/// </summary>
internal sealed class Template
{
    private readonly List<(string Text, string[]? Words)> _parts = [];

    public static Template Parse(string text)
    {
        var template = new Template();
        text = text.Replace("\\t", "\t", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal);
        int at = 0;
        for (int open; (open = text.IndexOf("{{", at, StringComparison.Ordinal)) >= 0;)
        {
            int close = text.IndexOf("}}", open, StringComparison.Ordinal);
            if (close < 0)
                throw new StepException($"--format: '{text[open..]}' has no }}}}");
            string[] words = Split(text[(open + 2)..close]);
            Check(words, text[open..(close + 2)]);
            template._parts.Add((text[at..open], null));
            template._parts.Add((text[open..(close + 2)], words));
            at = close + 2;
        }
        template._parts.Add((text[at..], null));
        return template;
    }

    /// <summary>The names of the fields, for a table's heading.</summary>
    public string Heading()
    {
        var text = new StringBuilder();
        foreach ((string literal, string[]? words) in _parts)
        {
            if (words is null)
                text.Append(literal);
            else if (Array.Find(words, word => word.StartsWith('.')) is { } path)
                text.Append(path[(path.LastIndexOf('.') + 1)..].ToUpperInvariant());
        }
        return text.ToString();
    }

    public string Apply(JsonElement value)
    {
        var text = new StringBuilder();
        foreach ((string literal, string[]? words) in _parts)
            text.Append(words is null ? literal : Evaluate(words, value));
        return text.ToString();
    }

    private static string Evaluate(string[] words, JsonElement value) => words[0] switch
    {
        "json" => Json(Find(value, words[1])),
        "upper" => Text(Find(value, words[1])).ToUpperInvariant(),
        "lower" => Text(Find(value, words[1])).ToLowerInvariant(),
        "len" => Length(Find(value, words[1]), words[1]),
        "join" => Join(Find(value, words[1]), words),
        "index" => Text(Index(Find(value, words[1]), words[2])),
        _ when words[0][0] == '"' => words[0][1..^1],
        _ => Text(Find(value, words[0])),
    };

    /// <summary>Numbers of words of each function.</summary>
    private static void Check(string[] words, string whole)
    {
        bool good = words.Length > 0 && (words[0] switch
        {
            "json" or "upper" or "lower" or "len" => words.Length == 2 && IsPath(words[1]),
            "join" => words.Length == 3 && IsPath(words[1]) && IsText(words[2]),
            "index" => words.Length == 3 && IsPath(words[1]) && (IsText(words[2]) || int.TryParse(words[2], out _)),
            _ => words.Length == 1 && (IsPath(words[0]) || IsText(words[0])),
        });
        if (!good)
            throw new StepException($"--format: '{whole}' is not supported: fields (.A.B), json, join, index, upper, lower, len and table are; for more use --format json with jq");
    }

    private static bool IsPath(string word) => word[0] == '.' && (word.Length == 1 || word[^1] != '.');

    private static bool IsText(string word) => word.Length >= 2 && word[0] == '"' && word[^1] == '"';

    private static string[] Split(string text)
    {
        var words = new List<string>();
        for (int at = 0; at < text.Length;)
        {
            if (text[at] == ' ')
            {
                at++;
                continue;
            }
            int end = text.IndexOf(text[at] == '"' ? '"' : ' ', at + 1);
            end = end < 0 ? text.Length : text[at] == '"' ? end + 1 : end;
            words.Add(text[at..end]);
            at = end;
        }
        return words.ToArray();
    }

    private static JsonElement Find(JsonElement value, string path)
    {
        if (path.Length == 1)
            return value;
        foreach (string name in path[1..].Split('.'))
        {
            if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out JsonElement found))
                throw new StepException($"--format: there is no field '{name}' for {path}" + (value.ValueKind == JsonValueKind.Object ? $": there are {Names(value)}" : ""));
            value = found;
        }
        return value;
    }

    private static JsonElement Index(JsonElement value, string key)
    {
        if (key[0] == '"' && value.ValueKind == JsonValueKind.Object)
            return value.TryGetProperty(key[1..^1], out JsonElement found) ? found : default;
        if (key[0] != '"' && value.ValueKind == JsonValueKind.Array && int.TryParse(key, out int at) && at >= 0 && at < value.GetArrayLength())
            return value[at];
        throw new StepException($"--format: index {key} does not fit what it is asked of");
    }

    private static string Length(JsonElement value, string path) => (value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength(),
        JsonValueKind.Object => value.GetPropertyCount(),
        JsonValueKind.String => value.GetString()!.Length,
        _ => throw new StepException($"--format: {path} has no length"),
    }).ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string Join(JsonElement value, string[] words)
    {
        if (value.ValueKind != JsonValueKind.Array)
            throw new StepException($"--format: {words[1]} is no list to join");
        return string.Join(words[2][1..^1], Texts(value));
    }

    /// <summary>As Go's fmt prints it: [a b], map[k:v] with its keys sorted.</summary>
    private static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Undefined => "",
        JsonValueKind.Null => "<nil>",
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Array => "[" + string.Join(' ', Texts(value)) + "]",
        JsonValueKind.Object => "map[" + string.Join(' ', Pairs(value)) + "]",
        _ => Json(value),
    };

    private static List<string> Texts(JsonElement list)
    {
        var texts = new List<string>();
        foreach (JsonElement element in list.EnumerateArray())
            texts.Add(Text(element));
        return texts;
    }

    private static List<string> Pairs(JsonElement map)
    {
        var pairs = new List<string>();
        foreach (JsonProperty property in map.EnumerateObject())
            pairs.Add(property.Name + ":" + Text(property.Value));
        pairs.Sort(string.CompareOrdinal);
        return pairs;
    }

    private static string Json(JsonElement value) => value.ValueKind == JsonValueKind.Undefined ? "null" : JsonOutput.Compacted(value);

    private static string Names(JsonElement value)
    {
        var names = new List<string>();
        foreach (JsonProperty property in value.EnumerateObject())
            names.Add(property.Name);
        return string.Join(", ", names);
    }
}
