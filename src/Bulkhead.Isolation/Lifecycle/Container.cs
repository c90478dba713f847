using System;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>A container in hand: its record, its locked folder, its sandbox.</summary>
/// <param name="record">What is written down.</param>
/// <param name="folder">Its folder; the lock is ours while it is open.</param>
/// <param name="sandbox">The tier's side.</param>
/// <param name="loaded">The configuration, where it is at hand: else it is read again when needed.</param>
public sealed class Container(ContainerRecord record, StateFolder folder, ISandbox sandbox, RuntimeConfig? loaded = null) : IDisposable
{
    private RuntimeConfig? config = loaded;

    public ContainerRecord Record => record;

    public StateFolder Folder => folder;

    public ISandbox Sandbox => sandbox;

    /// <summary>The configuration that it was made from.</summary>
    public RuntimeConfig Config() =>
        config ??= ConfigLoader.Saved(folder) ?? throw new StepException($"the saved configuration of container {record.Id} is missing");

    public bool HasUserNamespace => (record.Namespaces & Linux.Abi.Sched.CLONE_NEWUSER) != 0;

    /// <summary>Lets other commands at the container while we wait for it.</summary>
    public void Unlock() => folder.Dispose();

    public void Dispose()
    {
        sandbox.Dispose();
        folder.Dispose();
    }
}
