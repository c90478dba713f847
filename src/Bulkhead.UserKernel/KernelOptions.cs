namespace Bulkhead.UserKernel;

/// <summary>What the sandbox's first guest process is.</summary>
internal sealed record KernelOptions
{
    /// <summary>Directory of the host that is the guest's root.</summary>
    public string Root { get; init; } = "/";

    public required string[] Args { get; init; }

    public string[] Env { get; init; } = [];

    public string Cwd { get; init; } = "/";

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public uint[] Groups { get; init; } = [];

    /// <summary>Bit n is capability n, in the guest.</summary>
    public ulong Capabilities { get; init; }

    /// <summary>Resource number, soft and hard limit.</summary>
    public (int Resource, ulong Soft, ulong Hard)[] Limits { get; init; } = [];

    public uint Umask { get; init; } = 0x12; // 0022

    public string Hostname { get; init; } = "bulkhead";

    /// <summary>Standard streams are a terminal that the guest controls.</summary>
    public bool Terminal { get; init; }

    public bool NoNewPrivileges { get; init; } = true;
}
