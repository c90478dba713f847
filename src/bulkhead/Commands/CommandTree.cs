using System.CommandLine;

namespace Bulkhead.Cli.Commands;

/// <summary>All commands.</summary>
internal static class CommandTree
{
    public static RootCommand Make()
    {
        var root = new RootCommand("Run programs that are not trusted: containers without privileges, with a choice of walls.")
        {
            RunCommand.Make(),
            StartCommand.MakeCreate(),
            StartCommand.Make(),
            SignalCommands.Stop(),
            StateCommands.Restart(),
            SignalCommands.Kill(),
            StateCommands.Pause(),
            StateCommands.Unpause(),
            RemoveCommand.Make(),
            StateCommands.Rename(),
            UpdateCommand.Make(),
            PsCommand.Make(),
            LogsCommand.Make(),
            InspectCommand.Make(),
            EventsCommand.Make(),
            StatsCommand.Make(),
            TopCommand.Make(),
            StateCommands.Port(),
            ExecCommand.Make(),
            AttachCommands.Attach(),
            AttachCommands.Wait(),
            GenerateCommand.Make(),
            VolumeCommands.Make(),
            CopyCommand.Make(),
            DiffCommand.Make(),
            PruneCommand.Make(),
            InfoCommand.Info(),
            InfoCommand.MakeVersion(),
            DoctorCommand.Make(),
            CompletionCommand.Make(),
        };
        ContainerGroup.AddTo(root);
        Examples.AddTo(root);
        return root;
    }
}
