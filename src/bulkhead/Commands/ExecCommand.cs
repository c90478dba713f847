using System.CommandLine;
using Bulkhead.Isolation.Users;
using Bulkhead.Linux;
using Bulkhead.Linux.Terminals;
using Bulkhead.Linux.Users;
using Bulkhead.Oci;
using Bulkhead.Workloads.Attach;
using Bulkhead.Workloads.Compose;

namespace Bulkhead.Cli.Commands;

/// <summary>exec: with the confinement of the container's own program.</summary>
internal static class ExecCommand
{
    private static readonly Option<bool> Terminal = new("--tty", "-t") { Description = "give it a terminal" };
    private static readonly Option<bool> Interactive = new("--interactive", "-i") { Description = "keep its stdin open" };
    private static readonly Option<bool> DetachOption = new("--detach", "-d") { Description = "return when the program runs" };
    private static readonly Option<string[]> Variables = new("--env", "-e") { Description = "set a variable", HelpName = "NAME=VALUE" };
    private static readonly Option<string> Directory = new("--workdir", "-w") { Description = "directory to start in", HelpName = "DIR" };
    private static readonly Option<string> User = new("--user", "-u") { Description = "user, and group, to run as", HelpName = "USER[:GROUP]" };
    private static readonly Option<string> Keys = AttachCommands.KeysOption();
    private static readonly Argument<string[]> Words = new("CONTAINER COMMAND") { Arity = ArgumentArity.OneOrMore, Description = "the container, the program and its arguments" };

    public static Command Make()
    {
        var command = new Command("exec", "Run another program in a running container")
        {
            Terminal, Interactive, DetachOption, Keys, Variables, Directory, User, Words,
        };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        string[] words = parsed.GetValue(Words)!;
        if (words.Length < 2)
            throw new StepException("exec: no program was given: add it after the container");
        Workload workload = Workload.Find(words[0]).RequireRunning();
        if (!Machine.IsRoot && !UserEntry.IsPrivileged)
            UserEntry.Enter(CallerUsers.Of(workload.State!.Pid));
        Process process = Machine.Containers.SavedConfig(workload.Id).Process!;
        Change(process, workload, parsed, words[1..]);
        var client = new ExecClient(Machine.Containers, workload.Id, parsed.GetValue(Interactive), DetachKeys.Parse(parsed.GetValue(Keys) ?? DetachKeys.Default));
        if (!parsed.GetValue(DetachOption))
            return client.Run(process);
        client.Detach(process);
        return 0;
    }

    private static void Change(Process process, Workload workload, ParseResult parsed, string[] words)
    {
        process.Args = words;
        process.Terminal = parsed.GetValue(Terminal);
        process.ConsoleSize = null;
        process.Env = [.. process.Env, .. parsed.GetValue(Variables) ?? []];
        process.Cwd = parsed.GetValue(Directory) ?? process.Cwd;
        if (parsed.GetValue(User) is not { } text)
            return;
        ProcessUser user = ProcessUser.Resolve(workload.Record.Options with { User = text });
        process.User = new User { Uid = user.Uid, Gid = user.Gid, AdditionalGids = user.Groups, Umask = process.User.Umask };
    }
}
