using System;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>A container in hand: its record, its locked folder, its sandbox.</summary>
public sealed class Container(ContainerRecord record, StateFolder folder, ISandbox sandbox) : IDisposable
{
    private RuntimeConfig? config;

    public ContainerRecord Record => record;

    public StateFolder Folder => folder;

    public ISandbox Sandbox => sandbox;

    /// <summary>The configuration that it was made from.</summary>
    public RuntimeConfig Config() =>
        config ??= ConfigLoader.Saved(folder) ?? throw new StepException($"the saved configuration of container {record.Id} is missing");

    /// <summary>Lets other commands at the container while we wait for it.</summary>
    public void Unlock() => folder.Dispose();

    public void Dispose()
    {
        sandbox.Dispose();
        folder.Dispose();
    }
}
