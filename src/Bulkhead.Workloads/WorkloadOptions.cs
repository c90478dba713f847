using System;
using System.Collections.Generic;
using System.Text.Json.Serialization;

namespace Bulkhead.Workloads;

/// <summary>
/// What a person asked for, flag by flag; kept in the workload's record, and composed into a configuration at each start. What has an initial value is "set", not
/// "init", here and in all records: the generated JSON reader gives an init-only property that an older build's record lacks 0 or null, and leaves the others.
/// </summary>
public sealed record WorkloadOptions
{
    /// <summary>Absolute path of the root file system.</summary>
    public required string Rootfs { get; init; }

    /// <summary>The image that it was made from; null: none.</summary>
    public ImageOption? Image { get; init; }

    /// <summary>The OCI bundle that it began with; null: none.</summary>
    public string? Bundle { get; init; }

    /// <summary>The program and its arguments.</summary>
    public required string[] Command { get; init; }

    /// <summary>NAME=VALUE.</summary>
    public string[] Env { get; set; } = [];

    /// <summary>The program, when the command is only its arguments.</summary>
    public string? Entrypoint { get; init; }

    /// <summary>The program and its arguments, as it is executed.</summary>
    [JsonIgnore]
    public string[] Words => Entrypoint is { } program ? [program, .. Command] : Command;

    /// <summary>Names of variables that the program does not get.</summary>
    public string[] UnsetEnv { get; set; } = [];

    /// <summary>It gets those of <see cref="Env"/> only.</summary>
    public bool UnsetAllEnv { get; init; }

    /// <summary>Further groups, names or numbers.</summary>
    public string[] GroupAdd { get; set; } = [];

    public uint Umask { get; set; } = 0x12; // 0022

    /// <summary>-1000 to 1000 (proc_pid_oom_score_adj(5)); null: the caller's.</summary>
    public int? OomScoreAdj { get; init; }

    /// <summary>Null: /.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>USER[:GROUP], names or numbers of the root file system's; null: the fixed non-root user.</summary>
    public string? User { get; init; }

    /// <summary>The program runs as uid 0 of its user namespace, with the capabilities that an image's entrypoint uses to chown and drop.</summary>
    public bool AsRoot { get; init; }

    /// <summary>No user namespace, all capabilities, no filter, nothing masked: Docker's --privileged.</summary>
    public bool Privileged { get; init; }

    /// <summary>A tier by name; null: hardened.</summary>
    public string? Isolation { get; init; }

    /// <summary>exclusive or shared: whether others change the root file system meanwhile; null: nothing is said of it.</summary>
    public string? FileAccess { get; init; }

    /// <summary>The same of volumes.</summary>
    public string? FileAccessMounts { get; init; }

    /// <summary>A layer for writes over the root file system.</summary>
    public bool Writable { get; init; }

    public bool Terminal { get; init; }

    /// <summary>Stdin stays open.</summary>
    public bool Interactive { get; init; }

    /// <summary>Removed when it ends.</summary>
    public bool Remove { get; init; }

    public string? Hostname { get; init; }

    public string? Domainname { get; init; }

    /// <summary>The root file system's /etc/hosts is left as it is.</summary>
    public bool NoHosts { get; init; }

    /// <summary>Addresses of name servers; none: the host's, with its network.</summary>
    public string[] Dns { get; set; } = [];

    public string[] DnsOptions { get; set; } = [];

    public string[] DnsSearch { get; set; } = [];

    /// <summary>It shares the host's names (uts namespace).</summary>
    public bool HostUts { get; init; }

    /// <summary>Absolute path of a cgroup; null: /bulkhead.</summary>
    public string? CgroupParent { get; init; }

    /// <summary>NAME:ADDRESS lines for /etc/hosts.</summary>
    public string[] AddHosts { get; set; } = [];

    /// <summary>none, host or container:NAME.</summary>
    public string Network { get; set; } = "none";

    public VolumeOption[] Mounts { get; set; } = [];

    /// <summary>Names of those made for this container alone.</summary>
    [JsonIgnore]
    public string[] AnonymousVolumes => Array.ConvertAll(Array.FindAll(Mounts, mount => mount is { Kind: VolumeKind.Volume, Anonymous: true }), mount => mount.Source);

    /// <summary>Nodes of the host's devices.</summary>
    public DeviceOption[] Devices { get; set; } = [];

    /// <summary>Files in memory.</summary>
    public SecretOption[] Secrets { get; set; } = [];

    /// <summary>A small first process that reaps and passes signals on.</summary>
    public bool Init { get; init; }

    /// <summary>Names without CAP_, or ALL.</summary>
    public string[] CapAdd { get; set; } = [];

    public string[] CapDrop { get; set; } = [];

    public string[] SecurityOptions { get; set; } = [];

    /// <summary>Bytes of /dev/shm.</summary>
    public long ShmSize { get; set; } = 64 << 20;

    public LimitOptions Limits { get; set; } = new();

    public KeyValuePair<string, string>[] Sysctls { get; set; } = [];

    public KeyValuePair<string, string>[] Labels { get; set; } = [];

    public KeyValuePair<string, string>[] Annotations { get; set; } = [];

    /// <summary>A signal's number.</summary>
    public int StopSignal { get; set; } = Linux.Abi.Signal.SIGTERM;

    /// <summary>Seconds from the stop signal to SIGKILL.</summary>
    public int StopTimeout { get; set; } = 10;

    /// <summary>Whether it runs again by itself.</summary>
    public RestartPolicy Restart { get; set; } = new();

    /// <summary>Null: nobody asks whether it is well.</summary>
    public HealthOptions? Health { get; init; }

    public LogOptions Logs { get; set; } = new();
}

/// <summary>An image as it was when the container was made: a tag may move later, the container does not.</summary>
public sealed record ImageOption
{
    /// <summary>As it was asked for, with what defaults add: REGISTRY/REPOSITORY:TAG.</summary>
    public required string Name { get; init; }

    /// <summary>Of its manifest, sha256:HEX.</summary>
    public required string Manifest { get; init; }

    /// <summary>Of its configuration: Docker's image id.</summary>
    public required string Id { get; init; }

    /// <summary>Directories of its unpacked layers, from the topmost down; <see cref="WorkloadOptions.Rootfs"/> is the first.</summary>
    public required string[] Layers { get; init; }

    /// <summary>Ports that it says it listens on, as 80/tcp.</summary>
    public string[] Ports { get; set; } = [];

    /// <summary>Whose signature was verified: the key's fingerprint; null: unsigned.</summary>
    public string? Signer { get; init; }

    /// <summary>The trust policy refused it, and --allow-unsigned let it through.</summary>
    public bool AllowUnsigned { get; init; }
}

/// <summary>--memory and its like; null: the default.</summary>
public sealed record LimitOptions
{
    /// <summary>Bytes.</summary>
    public long? Memory { get; init; }

    /// <summary>Bytes of memory and swap together; -1: swap without limit.</summary>
    public long? MemorySwap { get; init; }

    /// <summary>Bytes.</summary>
    public long? MemoryReservation { get; init; }

    /// <summary>CPUs, a fraction.</summary>
    public double? Cpus { get; init; }

    /// <summary>Weight, 1024 is normal.</summary>
    public ulong? CpuShares { get; init; }

    /// <summary>Microseconds of CPU in a period, and the period.</summary>
    public long? CpuQuota { get; init; }

    public ulong? CpuPeriod { get; init; }

    /// <summary>0 to 100, cgroup v1 only.</summary>
    public ulong? MemorySwappiness { get; init; }

    public string? CpusetCpus { get; init; }

    public string? CpusetMems { get; init; }

    /// <summary>-1: none.</summary>
    public long? Pids { get; init; }

    public UlimitOption[] Ulimits { get; set; } = [];
}

/// <summary>--ulimit NAME=SOFT[:HARD].</summary>
/// <param name="Name">nofile and so on (getrlimit(2) without RLIMIT_, in lower case).</param>
/// <param name="Soft">The limit; ulong.MaxValue: none.</param>
/// <param name="Hard">What it may be raised to.</param>
public sealed record UlimitOption(string Name, ulong Soft, ulong Hard);

/// <summary>--device.</summary>
/// <param name="Source">Absolute, of the host.</param>
/// <param name="Target">Absolute, inside.</param>
/// <param name="Access">Of r, w, m.</param>
public sealed record DeviceOption(string Source, string Target, string Access);

/// <summary>--secret. What is in it is read at each start, and kept nowhere.</summary>
/// <param name="Name">Its id.</param>
/// <param name="Source">A file of the host, absolute.</param>
/// <param name="Target">Absolute, inside.</param>
/// <param name="Uid">Inside; null: the program's.</param>
/// <param name="Gid">The same.</param>
/// <param name="Mode">Permissions.</param>
public sealed record SecretOption(string Name, string Source, string Target, uint? Uid, uint? Gid, uint Mode);

/// <summary>Where the container's output goes.</summary>
public sealed record LogOptions
{
    /// <summary>Bytes of one file; then it is rotated.</summary>
    public long MaxSize { get; set; } = 10 << 20;

    /// <summary>Files kept, the one being written included.</summary>
    public int MaxFiles { get; set; } = 3;
}

/// <summary>Kinds of --volume, --mount and --tmpfs.</summary>
public enum VolumeKind
{
    Bind,
    Tmpfs,
    Volume,
}

/// <summary>One --volume, --mount or --tmpfs.</summary>
public sealed record VolumeOption
{
    public required VolumeKind Kind { get; init; }

    /// <summary>Bind: an absolute host path. Volume: its name.</summary>
    public string Source { get; set; } = "";

    /// <summary>Volume: made for this container alone.</summary>
    public bool Anonymous { get; init; }

    /// <summary>Volume: an empty one is not filled with what the root file system has at the target.</summary>
    public bool NoCopy { get; init; }

    /// <summary>Volume: labels that it gets when it is made.</summary>
    public KeyValuePair<string, string>[] Labels { get; set; } = [];

    /// <summary>Absolute, inside.</summary>
    public required string Target { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Bind: mounts below the source come along.</summary>
    public bool Recursive { get; set; } = true;

    /// <summary>Bind: private, rprivate, slave, rslave, shared or rshared; null: rprivate.</summary>
    public string? Propagation { get; init; }

    /// <summary>Tmpfs: bytes; 0: as the kernel does.</summary>
    public long Size { get; init; }

    /// <summary>Tmpfs: permissions.</summary>
    public uint Mode { get; set; } = 0x3FF; // 1777

    /// <summary>Tmpfs: programs may run from it.</summary>
    public bool Exec { get; init; }
}
