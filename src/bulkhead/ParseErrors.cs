using System.CommandLine;
using System.CommandLine.Parsing;
using Bulkhead.Cli.Commands;
using Bulkhead.Workloads;

namespace Bulkhead.Cli;

/// <summary>What is wrong with a command line, in one line; the parser's own answer would be its words and all of the help.</summary>
internal static class ParseErrors
{
    /// <summary>Null: nothing is wrong, or help was asked for.</summary>
    public static string? FirstOf(ParseResult parsed)
    {
        if (parsed.Errors.Count == 0 || parsed.Action is { ClearsParseErrors: true })
            return null;
        string command = Path(parsed.CommandResult);
        string? word = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0] : null;
        if (word is null)
            return $"{command}: {Reason(parsed.Errors[0])} ({command} --help shows its usage)";
        bool isCommand = parsed.CommandResult.Command.Subcommands.Count > 0 && !word.StartsWith('-');
        return $"{command}: there is no {(isCommand ? "command" : word.StartsWith('-') ? "option" : "argument")} {word} ({command} --help lists them)";
    }

    /// <summary>As Docker has it: 125 where the container's own status would come, else 1.</summary>
    public static int StatusOf(string[] args) => ContainerGroup.FromVerb(args) is ["run" or "create" or "exec", ..] ? ExitStatus.RuntimeFailed : 1;

    private static string Reason(ParseError error) => error.SymbolResult switch
    {
        OptionResult { IdentifierToken: { } name, Tokens.Count: 0 } => $"{name.Value} needs a value",
        OptionResult { IdentifierToken: { } name, Tokens: var values, Option: var option } => $"{name.Value}: '{values[^1].Value}' is not {Kind(option)}",
        ArgumentResult argument when argument.Tokens.Count > 0 => $"'{argument.Tokens[^1].Value}' is not {Kind(argument.Argument)}",
        ArgumentResult argument => $"{argument.Argument.HelpName ?? argument.Argument.Name} is missing",
        CommandResult { Command.Subcommands.Count: > 0 } => "a command is missing",
        CommandResult { Command.Arguments: [var first, ..] } => $"{first.HelpName ?? first.Name} is missing",
        _ => error.Message,
    };

    private static string Kind(Symbol symbol)
    {
        System.Type type = symbol is Option option ? option.ValueType : ((Argument)symbol).ValueType;
        type = System.Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(int) || type == typeof(long) ? "a whole number" : type == typeof(double) ? "a number" : "what it takes";
    }

    /// <summary>The command's words: bulkhead container prune.</summary>
    private static string Path(CommandResult result) =>
        result.Parent is CommandResult parent ? Path(parent) + " " + result.Command.Name : "bulkhead";
}
