using System.CommandLine;
using Bulkhead.Cli.Options;
using Bulkhead.Linux;
using Bulkhead.Linux.Terminals;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Attach;

namespace Bulkhead.Cli.Commands;

/// <summary>run: create, start, and unless detached watch to the end.</summary>
internal static class RunCommand
{
    public static Command Make()
    {
        var options = new RunOptions();
        var detach = new Option<bool>("--detach", "-d") { Description = "return when the program runs, print the container's id" };
        Option<string> keys = AttachCommands.KeysOption();
        var command = new Command("run", "Make a container and run a program in it") { detach, keys };
        options.AddTo(command);
        command.SetAction(parsed => Run(options.Read(parsed), DetachKeys.Parse(parsed.GetValue(keys) ?? DetachKeys.Default), parsed.GetValue(detach)));
        return command;
    }

    private static int Run(WorkloadRecord record, byte[] keys, bool detach)
    {
        Program.Warn(record.Options);
        WorkloadStore store = Machine.Store;
        using SignalForwarder? signals = detach ? null : SignalForwarder.Start();
        using Fd monitor = Launch(store, record);
        (_, AttachResult? failure) = AttachClient.AwaitStart(monitor);
        if (failure is not null)
            return Finish(failure);
        if (detach)
        {
            Output.Line(record.Id);
            return 0;
        }
        return Finish(new AttachClient(monitor, record.Options.Terminal, record.Options.Interactive, keys).Run(signals!));
    }

    /// <summary>From the monitor's start on the folder is the monitor's; before, nothing is left on an error.</summary>
    private static Fd Launch(WorkloadStore store, WorkloadRecord record)
    {
        WorkloadFolder folder = store.Create(record, out Fd taken);
        using Fd held = taken;
        try
        {
            return Starter.Start(record, folder, held);
        }
        catch
        {
            store.Remove(folder);
            throw;
        }
    }

    public static int Finish(AttachResult result)
    {
        if (result.Error is { } error)
            Program.Say(error);
        return result.Detached ? 0 : result.Status ?? ExitStatus.RuntimeFailed;
    }
}
