using System;
using System.Collections.Generic;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.Isolation.State;

/// <summary>The four states of the runtime specification, "paused" as engines know it, and "creating".</summary>
public enum ContainerStatus
{
    Creating,
    Created,
    Running,
    Paused,
    Stopped,
}

/// <summary>Kinds of hooks that run after create.</summary>
[Flags]
public enum LaterHooks
{
    None = 0,
    StartContainer = 1,
    Poststart = 2,
    Poststop = 4,
}

/// <summary>
/// What is written down about a container: enough for any later version of any command to manage it. What a container is doing is
/// never written: it is asked of the kernel each time, so that it cannot be wrong.
/// </summary>
public sealed class ContainerRecord
{
    /// <summary>Of this document. A later version is refused with a clear error, not misread.</summary>
    public const int CurrentVersion = 1;

    public int Version { get; init; } = CurrentVersion;

    public required string Id { get; init; }

    public required string OciVersion { get; init; }

    /// <summary>Absolute path.</summary>
    public required string Bundle { get; init; }

    public string Rootfs { get; set; } = "";

    /// <summary>"hardened", "userkernel", "microvm".</summary>
    public required string Isolation { get; init; }

    /// <summary>RFC 3339 with nanoseconds, UTC.</summary>
    public required string Created { get; init; }

    /// <summary>Host uid of the caller.</summary>
    public required uint OwnerUid { get; init; }

    public KeyValuePair<string, string>[] Annotations { get; init; } = [];

    /// <summary>Of the first process, in our pid namespace; 0 until it exists.</summary>
    public int Pid { get; set; }

    /// <summary>Field 22 of /proc/PID/stat, clock ticks since boot: tells a reused pid.</summary>
    public ulong StartTime { get; set; }

    /// <summary>Device and inode of the stub's image: while /proc/PID/exe is that file, the program has not been started.</summary>
    public ulong StubDevice { get; set; }

    public ulong StubInode { get; set; }

    /// <summary>CLONE_NEW* that differ from the runtime's: what exec must enter.</summary>
    public ulong Namespaces { get; set; }

    public bool HasProcess { get; init; }

    /// <summary>Hooks that start and delete must run: without any they need not read the configuration again.</summary>
    public LaterHooks Hooks { get; init; }

    /// <summary>Null until written, which is before the first cgroup is made.</summary>
    public CgroupPaths? Cgroup { get; set; }

    /// <summary>--policy of create: exec is bound by it too.</summary>
    public string? PolicyFile { get; init; }

    /// <summary>Properties of a newer minor writer, kept as they are: name and raw JSON.</summary>
    public List<KeyValuePair<string, byte[]>> Unknown { get; } = [];
}
