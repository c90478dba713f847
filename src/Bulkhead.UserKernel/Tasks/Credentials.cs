using System;

namespace Bulkhead.UserKernel.Tasks;

/// <summary>Ids of a task (credentials(7)); immutable, replaced as a whole.</summary>
internal sealed record Credentials
{
    public uint Uid { get; init; }

    public uint Euid { get; init; }

    public uint Suid { get; init; }

    public uint Fsuid { get; init; }

    public uint Gid { get; init; }

    public uint Egid { get; init; }

    public uint Sgid { get; init; }

    public uint Fsgid { get; init; }

    public uint[] Groups { get; init; } = [];

    public ulong Effective { get; init; }

    public ulong Permitted { get; init; }

    public ulong Inheritable { get; init; }

    public ulong Bounding { get; init; }

    public ulong Ambient { get; init; }

    public bool Has(int capability) => (Effective >> capability & 1) != 0;

    public bool InGroup(uint gid) => gid == Fsgid || Array.IndexOf(Groups, gid) >= 0;
}
