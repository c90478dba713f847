using System;
using System.Collections.Generic;
using System.CommandLine;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Linux;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Options;

/// <summary>The flags of run and create.</summary>
internal sealed class RunOptions
{
    private readonly Option<string> rootfs = new("--rootfs") { Description = "directory that is the root file system", HelpName = "DIR" };
    private readonly Option<string> name = new("--name") { Description = "name of the container (default: one is made up)", HelpName = "NAME" };
    private readonly Option<bool> terminal = new("--tty", "-t") { Description = "give it a terminal" };
    private readonly Option<bool> interactive = new("--interactive", "-i") { Description = "keep its stdin open" };
    private readonly Option<bool> remove = new("--rm") { Description = "remove the container when its program ends" };
    private readonly Option<string[]> environment = new("--env", "-e") { Description = "set a variable; NAME alone takes it from here", HelpName = "NAME[=VALUE]" };
    private readonly Option<string> directory = new("--workdir", "-w") { Description = "directory to start in", HelpName = "DIR" };
    private readonly Option<string> user = new("--user", "-u") { Description = "user, and group, to run as (default: 65532, a user without rights)", HelpName = "USER[:GROUP]" };
    private readonly Option<string[]> volume = new("--volume", "-v") { Description = "mount a folder or a volume", HelpName = "SOURCE:TARGET[:OPTIONS]" };
    private readonly Option<bool> asRoot = new("--as-root") { Description = "loosening: run as root of the container's own user namespace" };
    private readonly Option<bool> writable = new("--writable") { Description = "loosening: let it write to its root file system" };
    private readonly Option<bool> privileged = new("--privileged") { Description = "loosening: no walls but namespaces" };
    private readonly Option<string> network = new("--network") { Description = "none (default), host, container:NAME", HelpName = "NETWORK" };
    private readonly Option<string[]> security = new("--security-opt") { Description = "loosening: seccomp=unconfined|FILE, seccomp-allow=CALL, landlock=off", HelpName = "OPTION" };
    private readonly Argument<string[]> command = new("COMMAND") { Description = "the program and its arguments", Arity = ArgumentArity.ZeroOrMore };

    public void AddTo(Command verb)
    {
        foreach (Option option in new Option[] { rootfs, name, terminal, interactive, remove, environment, directory, user, volume, asRoot, writable, privileged, network, security })
            verb.Options.Add(option);
        verb.Arguments.Add(command);
    }

    public WorkloadRecord Read(ParseResult parsed)
    {
        string id = WorkloadStore.NewId();
        return new WorkloadRecord
        {
            Id = id,
            Name = parsed.GetValue(name) ?? "c" + id[..12],
            Created = Clock.Now(),
            Options = new WorkloadOptions
            {
                Rootfs = Rootfs(parsed.GetValue(rootfs)),
                Command = parsed.GetValue(command) is { Length: > 0 } words ? words : throw new StepException("no program was given: add it after the options"),
                Terminal = parsed.GetValue(terminal),
                Interactive = parsed.GetValue(interactive),
                Remove = parsed.GetValue(remove),
                Env = Environment(parsed.GetValue(environment) ?? []),
                WorkingDirectory = parsed.GetValue(directory),
                User = parsed.GetValue(user),
                Mounts = Mounts(parsed.GetValue(volume) ?? []),
                AsRoot = parsed.GetValue(asRoot),
                Writable = parsed.GetValue(writable),
                Privileged = parsed.GetValue(privileged),
                SecurityOptions = Array.ConvertAll(parsed.GetValue(security) ?? [], Workloads.Compose.Seccomp.SeccompChoice.Normalize),
                Network = parsed.GetValue(network) ?? "none",
            },
        };
    }

    private static string Rootfs(string? path)
    {
        if (path is null)
            throw new StepException("no root file system was given: add --rootfs DIR");
        using Fd place = Sys.OpenAt(Fd.Cwd, path, Linux.Abi.Fcntl.O_PATH | Linux.Abi.Fcntl.O_DIRECTORY).OrThrow("--rootfs: open", path);
        return Sys.ReadLinkAt(Fd.Cwd, $"/proc/self/fd/{place.Value}").OrThrow("resolve", path);
    }

    private static string[] Environment(string[] words)
    {
        var result = new List<string>();
        foreach (string word in words)
        {
            if (word.Contains('=', StringComparison.Ordinal))
                result.Add(word);
            else if (System.Environment.GetEnvironmentVariable(word) is { } value)
                result.Add(word + "=" + value);
        }
        return result.ToArray();
    }

    private static VolumeOption[] Mounts(string[] words)
    {
        var result = new List<VolumeOption>();
        foreach (string word in words)
        {
            string[] parts = word.Split(':');
            if (parts.Length is < 2 or > 3 || !parts[0].StartsWith('/') || !parts[1].StartsWith('/'))
                throw new StepException($"--volume: '{word}' is not SOURCE:TARGET[:OPTIONS] with absolute paths");
            result.Add(new VolumeOption { Kind = VolumeKind.Bind, Source = parts[0], Target = parts[1], ReadOnly = parts.Length == 3 && parts[2] == "ro" });
        }
        return result.ToArray();
    }
}
