using System;
using System.CommandLine;

namespace Bulkhead.Cli.Commands;

/// <summary>container VERB, as Docker groups them: the same commands, under both names.</summary>
internal static class ContainerGroup
{
    public const string Name = "container";

    /// <summary>Docker's; ls is ps.</summary>
    private static readonly string[] Verbs =
    [
        "attach", "commit", "cp", "create", "diff", "exec", "export", "inspect", "kill", "logs", "pause", "port", "prune", "rename", "restart", "rm", "run", "start", "stats",
        "stop", "top", "unpause", "update", "wait",
    ];

    /// <param name="root">With the commands already.</param>
    public static void AddTo(RootCommand root)
    {
        var group = new Command(Name, "Docker's other names for these commands: container run is run, container ls is ps") { PsCommand.Make("ls", "list", "ps") };
        foreach (Command command in root.Subcommands)
        {
            if (Array.IndexOf(Verbs, command.Name) >= 0)
                group.Subcommands.Add(command);
        }
        root.Subcommands.Add(group);
    }

    /// <summary>The words from the verb on.</summary>
    public static ReadOnlySpan<string> FromVerb(string[] args) => args is [Name, _, ..] ? args.AsSpan(1) : args;
}
