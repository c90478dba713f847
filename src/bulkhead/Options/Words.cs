using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

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

    /// <summary>A label may stand without a value.</summary>
    public static KeyValuePair<string, string> Label(string text, string flag) => Pair(text.Contains('=', StringComparison.Ordinal) ? text : text + "=", flag);

    /// <summary>--label-file and --label; of one name the last counts.</summary>
    public static KeyValuePair<string, string>[] Labels(string[] files, string[] words)
    {
        var result = new List<KeyValuePair<string, string>>();
        foreach (string file in files)
        {
            foreach (string line in Lines(file, "--label-file"))
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
            foreach (string line in Lines(file, "--env-file"))
                AddVariable(result, line, $"--env-file {file}");
        }
        foreach (string word in words)
            AddVariable(result, word, "--env");
        return result.ToArray();
    }

    private static void AddVariable(List<string> result, string word, string flag)
    {
        int equals = word.IndexOf('=', StringComparison.Ordinal);
        string name = equals < 0 ? word : word[..equals];
        if (name.Length == 0 || name.AsSpan().ContainsAny(' ', '\t') || word.Contains('\0', StringComparison.Ordinal))
            throw new StepException($"{flag}: '{word}' is not NAME=VALUE");
        if (equals >= 0)
            result.Add(word);
        else if (System.Environment.GetEnvironmentVariable(name) is { } value)
            result.Add(name + "=" + value);
    }

    /// <summary>Without comments and empty lines; the file may be anything that can be read, but not without end.</summary>
    private static IEnumerable<string> Lines(string file, string flag)
    {
        using Fd fd = Sys.OpenAt(Fd.Cwd, file, Fcntl.O_RDONLY).OrThrow(flag + ": open", file);
        string text;
        try
        {
            text = new System.Text.UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Sys.ReadFile(fd, MaxFile).OrThrow(flag + ": read", file));
        }
        catch (ArgumentException)
        {
            throw new StepException($"{flag} {file}: it is no UTF-8 text");
        }
        foreach (string line in text.Split('\n'))
        {
            string trimmed = line.TrimStart().TrimEnd('\r');
            if (trimmed.Length > 0 && trimmed[0] != '#')
                yield return trimmed;
        }
    }
}
