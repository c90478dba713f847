using System;
using System.CommandLine;
using Bulkhead.Cli.Options;
using Bulkhead.Images.Store;
using Bulkhead.Linux;
using Bulkhead.Linux.Terminals;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Attach;

namespace Bulkhead.Cli.Commands;

/// <summary>run: create, start, and unless detached watch to the end.</summary>
internal static class RunCommand
{
    private static readonly Option<string> PidFile = new("--pidfile") { Description = "file that gets the number of its first process", HelpName = "FILE" };
    private static readonly Option<bool> SigProxy = new("--sig-proxy") { Description = "signals to this command go to the program; =false: they act here", DefaultValueFactory = _ => true };

    public static Command Make()
    {
        var options = new RunOptions();
        var detach = new Option<bool>("--detach", "-d") { Description = "return when the program runs, print the container's id" };
        Option<string> keys = AttachCommands.KeysOption();
        var command = new Command("run", "Make a container and run a program in it") { detach, keys, PidFile, SigProxy };
        options.AddTo(command);
        command.SetAction(parsed => Run(options, parsed, DetachKeys.Parse(parsed.GetValue(keys) ?? DetachKeys.Default), parsed.GetValue(detach)));
        return command;
    }

    private static int Run(RunOptions options, ParseResult parsed, byte[] keys, bool detach)
    {
        WorkloadRecord record = options.Read(parsed, out StoreLock? taken);
        using StoreLock? images = taken;
        Rootless.Check(record.Options);
        Program.Warn(record.Options);
        using Fd? pidFile = OutputFile.Open(parsed.GetValue(PidFile), "--pidfile");
        // From here on a signal must not end us with a folder left behind; a detached container's are nobody's once it runs.
        using SignalForwarder signals = SignalForwarder.Start();
        using Fd monitor = Launch(Machine.Store, record, signals, id => options.WriteId(parsed, id));
        images?.Dispose();
        (int pid, AttachResult? failure) = AttachClient.AwaitStart(monitor);
        if (failure is not null)
            return Finish(failure, record.Options);
        if (pidFile is not null)
            OutputFile.Write(pidFile, "--pidfile", pid);
        if (detach)
        {
            Output.Line(record.Id);
            return 0;
        }
        return Finish(new AttachClient(monitor, record.Options.Terminal, record.Options.Interactive, keys) { PassesSignals = parsed.GetValue(SigProxy) }.Run(signals), record.Options);
    }

    /// <summary>From the monitor's start on the folder is the monitor's; before, nothing is left on an error.</summary>
    private static Fd Launch(WorkloadStore store, WorkloadRecord record, SignalForwarder signals, Action<string> made)
    {
        WorkloadFolder folder = store.Create(record, out Fd taken);
        using Fd held = taken;
        EventNotes.Note(record, "create");
        try
        {
            made(record.Id);
            return Starter.Start(record, folder, held, () => EndedBySignalException.ThrowIf(signals.TakeEnding()));
        }
        catch
        {
            store.Remove(folder, volumes: true);
            EventNotes.Note(record, "destroy");
            throw;
        }
    }

    public static int Finish(AttachResult result, WorkloadOptions options)
    {
        if (result.Error is { } error)
            Program.Say(FlagErrors.Of(error, options));
        return result.Detached ? 0 : result.Status ?? ExitStatus.RuntimeFailed;
    }
}
