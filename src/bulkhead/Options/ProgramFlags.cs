using System.CommandLine;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Options;

/// <summary>Of the program itself: what it is and whom it runs as.</summary>
internal sealed class ProgramFlags : FlagGroup
{
    private readonly Option<string> entrypoint, directory, user, umask;
    private readonly Option<string[]> groupAdd, unset;
    private readonly Option<bool> unsetAll;
    private readonly Option<int?> oomScore;

    public ProgramFlags()
    {
        entrypoint = Add<string>("--entrypoint", "the program, when the words after the options are its arguments", "PROGRAM");
        directory = Add<string>("--workdir", "directory to start in", "DIR", "-w");
        user = Add<string>("--user", "user, and group, to run as (default: 65532, a user without rights)", "USER[:GROUP]", "-u");
        groupAdd = Add<string[]>("--group-add", "a further group of its user", "GROUP");
        umask = Add<string>("--umask", "permissions that its files do not get (default: 0022)", "OCTAL");
        unset = Add<string[]>("--unsetenv", "a variable that it does not get", "NAME");
        unsetAll = Add<bool>("--unsetenv-all", "no variables but those of --env and --env-file");
        oomScore = Add<int?>("--oom-score-adj", "how soon the kernel kills it when memory runs out: -1000 to 1000", "NUMBER");
    }

    public override WorkloadOptions Read(ParseResult parsed, WorkloadOptions options)
    {
        if (parsed.GetValue(oomScore) is (< -1000 or > 1000) and { } score)
            throw new StepException($"--oom-score-adj: '{score}' is not from -1000 to 1000");
        return options with
        {
            Entrypoint = parsed.GetValue(entrypoint),
            WorkingDirectory = parsed.GetValue(directory) is { } path ? Absolute(path) : null,
            User = parsed.GetValue(user),
            GroupAdd = parsed.GetValue(groupAdd) ?? [],
            Umask = parsed.GetValue(umask) is { } text ? Octal(text) : options.Umask,
            UnsetEnv = parsed.GetValue(unset) ?? [],
            UnsetAllEnv = parsed.GetValue(unsetAll),
            OomScoreAdj = parsed.GetValue(oomScore),
        };
    }

    private static uint Octal(string text)
    {
        uint value = 0;
        foreach (char digit in text)
            value = digit is >= '0' and <= '7' && value <= 0x1FF ? value * 8 + (uint)(digit - '0') : 0x1000;
        return text.Length > 0 && value <= 0x1FF ? value : throw new StepException(string.Create(CultureInfo.InvariantCulture, $"--umask: '{text}' is no octal number up to 777"));
    }

    private static string Absolute(string path) =>
        path.StartsWith('/') ? path : throw new StepException($"--workdir: '{path}' is not an absolute path");
}
