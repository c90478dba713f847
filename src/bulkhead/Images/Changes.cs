using System;
using System.Collections.Generic;
using System.Text.Json;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Cli.Images;

/// <summary>--change of import and commit: instructions of a Dockerfile that change an image's defaults.</summary>
internal static class Changes
{
    private static readonly Dictionary<string, Func<ProgramConfig, string, ProgramConfig>> Instructions = new()
    {
        ["CMD"] = (config, text) => config with { Cmd = Words(text) },
        ["ENTRYPOINT"] = (config, text) => config with { Entrypoint = Words(text) },
        ["ENV"] = (config, text) => config with { Env = [.. Without(config.Env ?? [], Pair(text).Key + "="), Pair(text).Key + "=" + Pair(text).Value] },
        ["EXPOSE"] = (config, text) => config with { ExposedPorts = With(config.ExposedPorts, text.Contains('/') ? text : text + "/tcp") },
        ["LABEL"] = (config, text) => config with { Labels = With(config.Labels, Pair(text)) },
        ["STOPSIGNAL"] = (config, text) => config with { StopSignal = text },
        ["USER"] = (config, text) => config with { User = text },
        ["VOLUME"] = (config, text) => config with { Volumes = With(config.Volumes, text) },
        ["WORKDIR"] = (config, text) => config with { WorkingDirectory = text },
    };

    public static ProgramConfig Apply(ProgramConfig config, string[] changes)
    {
        foreach (string change in changes)
        {
            int space = change.IndexOfAny([' ', '\t', '=']);
            string word = (space < 0 ? change : change[..space]).ToUpperInvariant(), rest = space < 0 ? "" : change[(space + 1)..].Trim();
            if (!Instructions.TryGetValue(word, out Func<ProgramConfig, string, ProgramConfig>? apply) || rest.Length == 0)
                throw new StepException($"--change: '{change}' is none of {string.Join(", ", Instructions.Keys)} with a value");
            config = apply(config, rest);
        }
        return config;
    }

    /// <summary>A JSON array, or a text for the shell.</summary>
    private static string[] Words(string text)
    {
        if (!text.StartsWith('['))
            return ["/bin/sh", "-c", text];
        try
        {
            return JsonSerializer.Deserialize(text, ImageJson.Default.StringArray) ?? [];
        }
        catch (JsonException)
        {
            throw new StepException($"--change: {text} is no JSON array of texts");
        }
    }

    private static KeyValuePair<string, string> Pair(string text)
    {
        int at = text.IndexOfAny(['=', ' ']);
        return at > 0 ? new(text[..at], text[(at + 1)..].Trim('"')) : throw new StepException($"--change: '{text}' is not NAME=VALUE");
    }

    private static List<string> Without(string[] variables, string prefix)
    {
        var result = new List<string>(variables);
        result.RemoveAll(variable => variable.StartsWith(prefix, StringComparison.Ordinal));
        return result;
    }

    private static Dictionary<string, string> With(Dictionary<string, string>? map, KeyValuePair<string, string> pair) => new(map ?? []) { [pair.Key] = pair.Value };

    private static Dictionary<string, JsonElement> With(Dictionary<string, JsonElement>? map, string key) => new(map ?? [])
    {
        [key] = JsonOutput.Element(json =>
    {
        json.WriteStartObject();
        json.WriteEndObject();
    })
    };
}
