using System.CommandLine;

namespace Bulkhead.Cli.Commands;

/// <summary>All commands.</summary>
internal static class CommandTree
{
    public static RootCommand Make() => new("Run programs that are not trusted: containers without privileges, with a choice of walls.")
    {
        RunCommand.Make(),
        StartCommand.MakeCreate(),
        StartCommand.Make(),
        SignalCommands.Stop(),
        SignalCommands.Kill(),
        RemoveCommand.Make(),
        PsCommand.Make(),
        ExecCommand.Make(),
        AttachCommands.Attach(),
        AttachCommands.Wait(),
    };
}
