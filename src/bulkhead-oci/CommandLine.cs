using System;
using System.Collections.Generic;

namespace Bulkhead.OciCli;

/// <summary>One option of a verb. <paramref name="Value"/>: what its value is called in help; empty for a switch.</summary>
internal sealed record Option(string Name, string Short, string Value, string Help);

/// <summary>
/// Options before the first other word, as runc's parser has them: --name value, --name=value, -n value, also -name; a switch may be
/// given =true or =false. By hand: a command-line library costs several milliseconds at start (docs/decisions/0001).
/// </summary>
internal sealed class CommandLine
{
    private readonly List<(string Name, string Value)> values = [];

    private CommandLine(string[] words) => Words = words;

    /// <summary>What is left after the options.</summary>
    public string[] Words { get; private init; }

    public static CommandLine Parse(ReadOnlySpan<string> arguments, ReadOnlySpan<Option> options, string verb)
    {
        var found = new List<(string, string)>();
        int at = 0;
        for (; at < arguments.Length; at++)
        {
            string argument = arguments[at];
            if (argument == "--")
            {
                at++;
                break;
            }
            // "-" alone is a word: standard input.
            if (argument.Length < 2 || argument[0] != '-')
                break;
            found.Add(ParseOne(arguments, ref at, options, verb));
        }
        var result = new CommandLine(arguments[at..].ToArray());
        result.values.AddRange(found);
        return result;
    }

    public bool Has(string name) => values.Exists(v => v.Name == name && v.Value != "false");

    /// <summary>The last value given, as runc; null when there is none.</summary>
    public string? Get(string name)
    {
        for (int i = values.Count - 1; i >= 0; i--)
        {
            if (values[i].Name == name)
                return values[i].Value;
        }
        return null;
    }

    public List<string> All(string name)
    {
        var result = new List<string>();
        foreach ((string key, string value) in values)
        {
            if (key == name)
                result.Add(value);
        }
        return result;
    }

    public int GetInt(string name, int otherwise)
    {
        string? text = Get(name);
        if (text is null)
            return otherwise;
        return int.TryParse(text, out int value) ? value : throw new UsageException($"--{name}: '{text}' is not a number");
    }

    private static (string, string) ParseOne(ReadOnlySpan<string> arguments, ref int at, ReadOnlySpan<Option> options, string verb)
    {
        string argument = arguments[at];
        string name = argument.TrimStart('-');
        string? value = null;
        int equals = name.IndexOf('=', StringComparison.Ordinal);
        if (equals >= 0)
            (name, value) = (name[..equals], name[(equals + 1)..]);
        if (name is "help" or "h")
            return ("help", "true");
        Option option = Find(options, name) ?? throw new UsageException($"unknown option {argument} of '{verb}'");
        if (option.Value.Length == 0)
            return (option.Name, value is "false" or "0" ? "false" : "true");
        if (value is null && ++at == arguments.Length)
            throw new UsageException($"option --{option.Name} needs a value");
        return (option.Name, value ?? arguments[at]);
    }

    private static Option? Find(ReadOnlySpan<Option> options, string name)
    {
        foreach (Option option in options)
        {
            if (option.Name == name || (option.Short.Length > 0 && option.Short == name))
                return option;
        }
        return null;
    }
}

/// <summary>A command line that cannot be understood.</summary>
internal sealed class UsageException(string message) : Exception(message);
