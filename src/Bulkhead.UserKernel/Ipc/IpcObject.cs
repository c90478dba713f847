using System;
using System.Runtime.InteropServices;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Ipc;

/// <summary>What the three kinds of System V IPC share (svipc(7)).</summary>
internal abstract class IpcObject
{
    public const int Private = 0, Create = 0x200, Exclusive = 0x400, NoWait = 0x800;
    public const int Remove = 0, Set = 1, Stat = 2, Info = 3;
    public const int ReadMode = 0x124, WriteMode = 0x92, PermissionSize = 48;
    private const int CapIpcOwner = 15, CapSysAdmin = 21;

    public int Id { get; set; }

    public int Key { get; set; }

    public uint Uid { get; set; }

    public uint Gid { get; set; }

    public uint CreatorUid { get; init; }

    public uint CreatorGid { get; init; }

    public uint Mode { get; set; }

    /// <summary>Seconds.</summary>
    public long ChangeTime { get; set; } = Now();

    public WaitQueue Queue { get; } = new();

    public static long Now() => HostEvents.Now(0) / 1_000_000_000;

    /// <summary>ipcperms: each bit that is asked for must be there for owner, group or others.</summary>
    public bool Allows(GuestTask task, int wanted)
    {
        Credentials user = task.Credentials;
        int asked = (wanted >> 6 | wanted >> 3 | wanted) & 7;
        int granted = (int)Mode;
        if (user.Euid == CreatorUid || user.Euid == Uid)
            granted >>= 6;
        else if (user.InGroup(CreatorGid) || user.InGroup(Gid))
            granted >>= 3;
        return (asked & ~granted & 7) == 0 || user.Has(CapIpcOwner);
    }

    public bool IsOwnedBy(GuestTask task) => task.Credentials.Euid == Uid || task.Credentials.Euid == CreatorUid || task.Credentials.Has(CapSysAdmin);

    /// <summary>struct ipc64_perm.</summary>
    public void Describe(Span<byte> to)
    {
        Span<uint> words = MemoryMarshal.Cast<byte, uint>(to);
        (words[0], words[1], words[2], words[3], words[4], words[5]) = ((uint)Key, Uid, Gid, CreatorUid, CreatorGid, Mode);
        MemoryMarshal.Write(to[24..], (ushort)(Id / IpcTable<IpcObject>.Slots));
    }

    /// <summary>IPC_SET: owner and permissions.</summary>
    public void Apply(ReadOnlySpan<byte> permission)
    {
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(permission);
        (Uid, Gid) = (words[1], words[2]);
        Mode = (Mode & ~0x1FFu) | (words[5] & 0x1FF);
        ChangeTime = Now();
    }
}
