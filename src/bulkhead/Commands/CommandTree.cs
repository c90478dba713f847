using System;
using System.CommandLine;

namespace Bulkhead.Cli.Commands;

/// <summary>All commands.</summary>
internal static class CommandTree
{
    private static readonly (string Name, Func<Command> Make)[] Verbs =
    [
        ("run", RunCommand.Make),
        ("create", StartCommand.MakeCreate),
        ("start", StartCommand.Make),
        ("stop", SignalCommands.Stop),
        ("restart", StateCommands.Restart),
        ("kill", SignalCommands.Kill),
        ("pause", StateCommands.Pause),
        ("unpause", StateCommands.Unpause),
        ("rm", RemoveCommand.Make),
        ("rename", StateCommands.Rename),
        ("update", UpdateCommand.Make),
        ("ps", () => PsCommand.Make()),
        ("logs", LogsCommand.Make),
        ("inspect", InspectCommand.Make),
        ("events", EventsCommand.Make),
        ("stats", StatsCommand.Make),
        ("top", TopCommand.Make),
        ("port", StateCommands.Port),
        ("exec", ExecCommand.Make),
        ("attach", AttachCommands.Attach),
        ("wait", AttachCommands.Wait),
        ("generate", GenerateCommand.Make),
        ("pull", PullCommand.Make),
        ("push", PushCommand.Make),
        ("login", LoginCommands.Login),
        ("logout", LoginCommands.Logout),
        ("trust", TrustCommands.Make),
        ("sign", TrustCommands.Sign),
        ("save", ArchiveCommands.Save),
        ("load", ArchiveCommands.Load),
        ("import", ArchiveCommands.Import),
        ("images", () => ImagesCommand.Make("images")),
        ("rmi", () => ImageCommands.Remove("rmi")),
        ("tag", ImageCommands.Tag),
        ("history", ImageCommands.History),
        ("image", ImageCommands.Group),
        ("system", SystemCommands.Make),
        ("volume", VolumeCommands.Make),
        ("cp", CopyCommand.Make),
        ("diff", DiffCommand.Make),
        ("commit", CommitCommand.Make),
        ("export", ExportCommand.Make),
        ("prune", PruneCommand.Make),
        ("info", InfoCommand.Info),
        ("version", InfoCommand.MakeVersion),
        ("doctor", DoctorCommand.Make),
        ("completion", CompletionCommand.Make),
    ];

    /// <param name="first">The first word: of a command that has this name the others are not made, which would take as long as a small container does.</param>
    public static RootCommand Make(string? first)
    {
        var root = new RootCommand("Run programs that are not trusted: containers without privileges, with a choice of walls.");
        int only = Array.FindIndex(Verbs, verb => verb.Name == first);
        for (int i = 0; i < Verbs.Length; i++)
        {
            if (only < 0 || i == only)
                root.Subcommands.Add(Verbs[i].Make());
        }
        if (only < 0)
            ContainerGroup.AddTo(root);
        Examples.AddTo(root);
        return root;
    }
}
