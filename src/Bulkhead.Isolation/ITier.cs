using System;
using System.Collections.Generic;
using Bulkhead.Isolation.Plan;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Isolation;

/// <summary>What a tier can do; asked before a plan is made for it.</summary>
[Flags]
public enum TierFeatures
{
    None = 0,
    Pause = 1,
    Update = 2,
    Exec = 4,
    Hooks = 8,
    JoinNamespaces = 16,
}

/// <summary>An isolation tier: makes sandboxes from plans and finds them again. All tiers pass one conformance suite.</summary>
public interface ITier
{
    /// <summary>"hardened", "userkernel" or "microvm".</summary>
    string Name { get; }

    TierFeatures Features { get; }

    /// <summary>What was asked for and means less in this tier than in others, for the caller.</summary>
    IEnumerable<string> Warnings(SandboxPlan plan) => [];

    /// <summary>
    /// Makes the sandbox with its first process, which waits for <see cref="ISandbox.Start"/>. Writes what it made into
    /// <paramref name="state"/> and saves it before the process can outlive the runtime. On an error nothing is left.
    /// </summary>
    ISandbox Create(SandboxPlan plan, ContainerRecord state, StateFolder folder, ProcessStreams streams);

    /// <summary>A sandbox that an earlier command made.</summary>
    ISandbox Open(ContainerRecord state, StateFolder folder);
}

/// <summary>Descriptors that a caller lends to a new process.</summary>
public sealed record ProcessStreams
{
    /// <summary>A connected socket that gets the terminal's master; null without a terminal.</summary>
    public Fd? Console { get; init; }

    /// <summary>The console is --console-socket, not our own relay.</summary>
    public bool ConsoleIsSocket { get; init; }

    /// <summary>How many descriptors from 3 on the process inherits.</summary>
    public int PreserveFds { get; init; }

    /// <summary>The process goes on by itself once it is ready: "run", where nobody calls start.</summary>
    public bool StartAtOnce { get; init; }

    public string? PidFile { get; init; }

    public string? PidfdSocket { get; init; }
}

/// <summary>A process of a container that is this command's child.</summary>
public sealed record RunningProcess(int Pid, Fd Pidfd) : IDisposable
{
    public void Dispose() => Pidfd.Dispose();
}

/// <summary>One sandbox of a tier.</summary>
public interface ISandbox : IDisposable
{
    ContainerStatus Status { get; }

    /// <summary>The first process, if this command made it.</summary>
    RunningProcess? Process { get; }

    void Start();

    RunningProcess Exec(ProcessPlan plan, ExecRequest request);

    /// <summary>ESRCH when the process is gone.</summary>
    Errno Signal(int signal, bool all);

    void Freeze();

    void Thaw();

    void Update(CgroupResources resources);

    /// <summary>Host pids of all its processes.</summary>
    List<int> Pids();

    CgroupStats Stats();

    /// <summary>How often the kernel killed in it for memory; null where it does not count.</summary>
    ulong? OomKills();

    /// <summary>Watches for out-of-memory events.</summary>
    OomWatch WatchOom();

    /// <summary>The container's files were changed from outside: what a tier keeps of them is forgotten by when this returns.</summary>
    void FilesChanged();

    /// <summary>Ends what lives and removes every resource; repeatable.</summary>
    void Delete();
}

/// <summary>How a process is added to a running container.</summary>
public sealed record ExecRequest
{
    public required ProcessStreams Streams { get; init; }

    /// <summary>Enter a frozen container too: the process starts when it is resumed.</summary>
    public bool IgnorePaused { get; init; }

    /// <summary>Cgroups below the container's own for the process, as --cgroup has them; empty: the container's.</summary>
    public IReadOnlyList<string> SubCgroups { get; init; } = [];

    /// <summary>CLONE_NEW* of the namespaces that the container joined by path: they may belong to another user namespace than its own.</summary>
    public ulong Joined { get; init; }

    /// <summary>Stdin of a startContainer hook.</summary>
    public Fd? Input { get; init; }
}
