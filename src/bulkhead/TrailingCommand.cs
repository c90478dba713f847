using System;
using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Cli.Commands;
using Bulkhead.Linux;

namespace Bulkhead.Cli;

/// <summary>
/// What follows the first plain word of run, create and exec belongs to the program inside, options too, as in Docker: a "--" is put before
/// it, which the parser of options understands.
/// </summary>
internal static class TrailingCommand
{
    private static readonly string[] Verbs = ["run", "create", "exec"];

    public static string[] Separate(RootCommand root, string[] args)
    {
        ReadOnlySpan<string> words = ContainerGroup.FromVerb(args);
        if (words.Length == 0 || Array.IndexOf(Verbs, words[0]) < 0)
            return args;
        foreach (Command command in root.Subcommands)
        {
            if (command.Name == words[0])
                return Separate(command, args, args.Length - words.Length + 1);
        }
        return args;
    }

    private static string[] Separate(Command command, string[] args, int first)
    {
        for (int i = first; i < args.Length; i++)
        {
            if (args[i] == "--")
                return args;
            if (args[i].Length > 1 && args[i][0] == '-')
            {
                if (TakesNext(command, args[i]))
                    i++;
                else if (!IsKnown(command, args[i]))
                    throw new StepException($"{command.Name}: there is no option {args[i]} (bulkhead {command.Name} --help lists them)");
                continue;
            }
            var result = new List<string>(args);
            result.Insert(i, "--");
            return result.ToArray();
        }
        return args;
    }

    private static bool TakesNext(Command command, string word)
    {
        if (word.Contains('=', StringComparison.Ordinal))
            return false;
        // -it and -itd: the last letter decides; -eNAME=V carries its value.
        bool cluster = word[1] != '-';
        string name = cluster ? "-" + word[^1] : word;
        if (cluster && word.Length > 2 && Find(command, "-" + word[1]) is { } first && first.Arity.MinimumNumberOfValues > 0)
            return false;
        return Find(command, name) is { } option && option.Arity.MinimumNumberOfValues > 0;
    }

    /// <summary>Else it would be taken for the program: only its own options follow it.</summary>
    private static bool IsKnown(Command command, string word)
    {
        string name = word.Split('=')[0];
        return name is "--help" or "-?" or "-h" || Find(command, name) is not null || (word[1] != '-' && Find(command, word[..2]) is not null);
    }

    private static Option? Find(Command command, string name)
    {
        foreach (Option option in command.Options)
        {
            if (option.Name == name || option.Aliases.Contains(name))
                return option;
        }
        return null;
    }
}
