using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Options;

/// <summary>Words of a command line that are pairs, or lines of files of pairs.</summary>
internal static class Words
{
    private const int MaxFile = 1 << 20;

    public static KeyValuePair<string, string> Pair(string text, string flag)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 ? new(text[..equals], text[(equals + 1)..]) : throw new StepException($"{flag}: '{text}' is not NAME=VALUE");
    }

    /// <summary>Names of our own are for what flags say: a word of the configuration must not take a wall down without a loosening.</summary>
    public static KeyValuePair<string, string> Annotation(string text, string flag)
    {
        KeyValuePair<string, string> pair = Pair(text, flag);
        return pair.Key.StartsWith("dev.bulkhead.", StringComparison.Ordinal)
            ? throw new StepException($"{flag}: '{pair.Key}': dev.bulkhead. is for this program's own annotations, which flags set")
            : pair;
    }

    /// <summary>A label may stand without a value.</summary>
    public static KeyValuePair<string, string> Label(string text, string flag) => Pair(text.Contains('=', StringComparison.Ordinal) ? text : text + "=", flag);

    /// <summary>--label-file and --label; of one name the last counts.</summary>
    public static KeyValuePair<string, string>[] Labels(string[] files, string[] words)
    {
        var result = new List<KeyValuePair<string, string>>();
        foreach (string file in files)
        {
            foreach ((_, string line) in Lines(file, "--label-file"))
                AddLabel(result, Label(line, "--label-file " + file));
        }
        foreach (string word in words)
            AddLabel(result, Label(word, "--label"));
        return result.ToArray();
    }

    private static void AddLabel(List<KeyValuePair<string, string>> labels, KeyValuePair<string, string> label)
    {
        labels.RemoveAll(other => other.Key == label.Key);
        labels.Add(label);
    }

    /// <summary>--env and --env-file: NAME alone takes the caller's value, and none when there is none.</summary>
    public static string[] Environment(string[] files, string[] words)
    {
        var result = new List<string>();
        foreach (string file in files)
        {
            foreach ((int number, string line) in Lines(file, "--env-file"))
            {
                // Without the line itself: it may be a secret.
                if (!TryAdd(result, line))
                    throw new StepException($"--env-file {file}: line {number} is not NAME=VALUE");
            }
        }
        foreach (string word in words)
        {
            if (!TryAdd(result, word))
                throw new StepException($"--env: '{word}' is not NAME=VALUE");
        }
        return result.ToArray();
    }

    private static bool TryAdd(List<string> result, string word)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? word : word[..equals];
        if (name.Length == 0 || name.AsSpan().ContainsAny(' ', '\t') || word.Contains('\0', StringComparison.Ordinal))
            return false;
        if (equals >= 0)
            result.Add(word);
        else if (System.Environment.GetEnvironmentVariable(name) is { } value)
            result.Add(name + "=" + value);
        return true;
    }

    /// <summary>Numbered, without comments and empty lines; the file may be anything that can be read, but not without end.</summary>
    private static List<(int Number, string Line)> Lines(string file, string flag)
    {
        var lines = new List<(int, string)>();
        int number = 0;
        foreach (string line in Text(file, flag).TrimStart('\uFEFF').Split('\n'))
        {
            number++;
            string trimmed = line.TrimStart().TrimEnd('\r');
            if (trimmed.Length > 0 && trimmed[0] != '#')
                lines.Add((number, trimmed));
        }
        return lines;
    }

    private static string Text(string file, string flag)
    {
        byte[] bytes = CallerFile.Read(flag, file, MaxFile);
        try
        {
            return new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (ArgumentException)
        {
            throw new StepException($"{flag} {file}: it is no UTF-8 text");
        }
    }
}
