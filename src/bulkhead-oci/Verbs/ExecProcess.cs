using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;

namespace Bulkhead.OciCli.Verbs;

/// <summary>The process of exec: a document (--process), or the container's own process changed by options.</summary>
internal static class ExecProcess
{
    private const int MaxSize = 16 << 20;

    public static Process Read(Invocation call)
    {
        string[] command = call.Line.Words[1..];
        Process process;
        if (call.Line.Get("process") is { Length: > 0 } file)
        {
            process = ReadDocument(file);
            if (command.Length > 0)
                throw new UsageException("exec: a command and --process exclude each other");
        }
        else
        {
            if (command.Length == 0)
                throw new UsageException("exec: name a command, or a document with --process");
            process = FromContainer(call, command);
        }
        Change(process, call.Line);
        ConfigValidator.ValidateProcess(process, call.Line.Get("process") ?? "exec");
        return process;
    }

    private static Process ReadDocument(string file)
    {
        using Fd fd = file == "-" ? Fd.Borrow(0) : Sys.OpenAt(Fd.Cwd, file, Fcntl.O_RDONLY).OrThrow("open", file);
        return ProcessReader.Parse(Sys.ReadFile(fd, MaxSize).OrThrow("read", file), file);
    }

    private static Process FromContainer(Invocation call, string[] command)
    {
        Process process = call.Containers.SavedConfig(call.Id).Process
            ?? throw new StepException("the container's configuration has no process to start from: give one with --process");
        process.Args = command;
        process.Terminal = false;
        process.ConsoleSize = null;
        return process;
    }

    private static void Change(Process process, CommandLine line)
    {
        if (line.Has("tty"))
            process.Terminal = true;
        if (line.Get("cwd") is { Length: > 0 } cwd)
            process.Cwd = cwd;
        if (line.Get("apparmor") is { Length: > 0 } profile)
            process.ApparmorProfile = profile;
        if (line.Get("process-label") is { Length: > 0 } label)
            process.SelinuxLabel = label;
        if (line.Has("no-new-privs"))
            process.NoNewPrivileges = true;
        if (line.All("env") is { Count: > 0 } env)
            process.Env = [.. process.Env, .. env];
        if (line.Get("user") is { Length: > 0 } user)
            SetUser(process, user);
        AddGroups(process, line.All("additional-gids"));
        AddCapabilities(process, line.All("cap"));
    }

    private static void SetUser(Process process, string user)
    {
        int colon = user.IndexOf(':', StringComparison.Ordinal);
        process.User.Uid = Id(colon < 0 ? user : user[..colon], "user");
        if (colon >= 0)
            process.User.Gid = Id(user[(colon + 1)..], "user");
    }

    private static void AddGroups(Process process, List<string> groups)
    {
        foreach (string group in groups)
            process.User.AdditionalGids = [.. process.User.AdditionalGids, Id(group, "additional-gids")];
    }

    private static void AddCapabilities(Process process, List<string> names)
    {
        if (names.Count == 0)
            return;
        LinuxCapabilities set = process.Capabilities ??= new LinuxCapabilities();
        foreach (string name in names)
        {
            // Not inheritable: that set is how a file capability would come back after exec (CVE-2022-24769).
            set.Bounding = [.. set.Bounding, name];
            set.Effective = [.. set.Effective, name];
            set.Permitted = [.. set.Permitted, name];
        }
    }

    private static uint Id(string text, string option) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id)
            ? id
            : throw new UsageException($"--{option}: '{text}' is not a number (names are the image's: look them up there)");
}
