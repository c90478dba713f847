using System;

namespace Bulkhead.UserKernel.Tasks;

/// <summary>Ids of a task (credentials(7)); immutable, replaced as a whole.</summary>
internal sealed record Credentials
{
    public const uint NoRoot = 1, NoSetUidFixup = 4, KeepCapabilities = 0x10, NoAmbientRaise = 0x40;

    /// <summary>CAP_FS_MASK of linux/capability.h: CHOWN, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, LINUX_IMMUTABLE, MKNOD, MAC_OVERRIDE.</summary>
    public const ulong OfFiles = 0x1F | 1UL << 9 | 1UL << 27 | 1UL << 32;

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

    /// <summary>SECBIT_* of capabilities(7).</summary>
    public uint SecureBits { get; init; }

    public bool Has(int capability) => (Effective >> capability & 1) != 0;

    /// <summary>execve(2): what capabilities a new image gets; files have none of their own. <paramref name="mayGain"/>: no_new_privs is not set.</summary>
    public Credentials ForExec(bool mayGain)
    {
        ulong permitted = Ambient;
        ulong effective = Ambient;
        if ((SecureBits & NoRoot) == 0 && (Uid == 0 || Euid == 0))
        {
            permitted = Inheritable | Bounding;
            effective = Euid == 0 ? permitted : Ambient;
        }
        if (!mayGain)
            permitted &= Permitted;
        return this with { Permitted = permitted, Effective = effective & permitted, SecureBits = SecureBits & ~KeepCapabilities };
    }

    public bool InGroup(uint gid) => gid == Fsgid || Array.IndexOf(Groups, gid) >= 0;
}
