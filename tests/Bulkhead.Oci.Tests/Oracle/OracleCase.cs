using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json.Nodes;

namespace Bulkhead.Oci.Tests.Oracle;

/// <summary>
/// One config with its verdict. A line of the .jsonl files holds a field ("at"), values that are accepted there, values that are refused
/// and the JSON path that the refusal names ("path", else the field's own). "with" sets other fields first, "without" removes some,
/// "options" names <see cref="ValidateOptions"/>, "raw" is a whole document instead of base.json.
/// </summary>
public sealed record OracleCase(string Name, string Json, bool Accept, string Path, ValidateOptions Options)
{
    private static readonly string s_folder = System.IO.Path.Combine(AppContext.BaseDirectory, "Oracle");

    public override string ToString() => Name;

    public static IEnumerable<OracleCase> All()
    {
        string[] files = Directory.GetFiles(s_folder, "*.jsonl");
        Array.Sort(files, StringComparer.Ordinal);
        foreach (string file in files)
        {
            int number = 0;
            foreach (string line in File.ReadLines(file))
            {
                number++;
                foreach (OracleCase item in Expand(JsonNode.Parse(line)!.AsObject(), $"{System.IO.Path.GetFileName(file)}:{number}"))
                    yield return item;
            }
        }
    }

    public static string BaseJson() => File.ReadAllText(System.IO.Path.Combine(s_folder, "base.json"));

    private static IEnumerable<OracleCase> Expand(JsonObject line, string name)
    {
        string? at = (string?)line["at"];
        string path = (string?)line["path"] ?? "$." + at;
        ValidateOptions options = Enum.Parse<ValidateOptions>((string?)line["options"] ?? "None");
        foreach (string verdict in new[] { "accept", "refuse" })
        {
            int value = 0;
            foreach (JsonNode? item in line[verdict] as JsonArray ?? [])
                yield return new OracleCase($"{name} {verdict} {value++}", Document(line, at, item), verdict == "accept", path, options);
        }
    }

    private static string Document(JsonObject line, string? at, JsonNode? value)
    {
        if (line["raw"] is JsonValue raw)
            return (string)raw!;
        JsonNode document = JsonNode.Parse(BaseJson())!;
        foreach (var (key, item) in line["with"] as JsonObject ?? [])
            JsonPatch.Set(document, key, item);
        foreach (JsonNode? key in line["without"] as JsonArray ?? [])
            JsonPatch.Remove(document, (string)key!);
        if (at is not null)
            JsonPatch.Set(document, at, value);
        return document.ToJsonString();
    }
}
