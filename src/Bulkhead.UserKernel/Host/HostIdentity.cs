using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Host;

/// <summary>
/// Who the kernel's thread is for the host's file systems: the guest whose call it runs, so that the host itself decides about modes, owners
/// and sticky bits (setfsuid(2), capabilities(7)). It is set lazily; guests of one user pay for it once. A kernel that may not change its user
/// stays what it is: then every guest has that user's rights, no more.
/// </summary>
internal sealed unsafe class HostIdentity
{
    private const ulong NeededCapabilities = 1UL << 6 | 1UL << 7; // SETGID, SETUID
    private const uint CapabilityVersion3 = 0x20080522;

    private readonly ulong permitted;
    private readonly uint ownUid;
    private readonly uint ownGid;
    private readonly bool isPossible;
    private Credentials? now;
    private bool nowReal;

    public HostIdentity()
    {
        permitted = ReadPermitted();
        ownUid = (uint)Sys.Direct(SysNr.geteuid);
        ownGid = (uint)Sys.Direct(SysNr.getegid);
        isPossible = (permitted & NeededCapabilities) == NeededCapabilities;
    }

    /// <summary>The guest's file system ids; with <paramref name="real"/> the real ones (access(2)).</summary>
    public void Assume(Credentials user, bool real = false)
    {
        if ((ReferenceEquals(now, user) && nowReal == real) || !isPossible)
            return;
        ulong effective = !real ? user.Effective : user.Uid == 0 ? user.Permitted : 0;
        uint[] groups = user.Groups;
        fixed (uint* p = groups)
            Sys.Direct(SysNr.setgroups, groups.Length, (nint)p);
        Set(real ? user.Uid : user.Fsuid, real ? user.Gid : user.Fsgid, effective);
        (now, nowReal) = (user, real);
    }

    /// <summary>The kernel's own: for files of the host that no guest names, such as a cell's /proc entries.</summary>
    public void AssumeOwn()
    {
        if (!isPossible || now is null)
            return;
        Set(ownUid, ownGid, ulong.MaxValue);
        now = null;
    }

    private void Set(uint uid, uint gid, ulong effective)
    {
        Sys.Direct(SysNr.setfsgid, (nint)gid);
        Sys.Direct(SysNr.setfsuid, (nint)uid);
        // setfsuid has taken or given what goes with user 0; a guest's set may be another one.
        ulong wanted = permitted & (~Credentials.OfFiles | effective);
        uint* header = stackalloc uint[] { CapabilityVersion3, 0 };
        uint* data = stackalloc uint[] { (uint)wanted, (uint)permitted, 0, (uint)(wanted >> 32), (uint)(permitted >> 32), 0 };
        Sys.Direct(SysNr.capset, (nint)header, (nint)data);
    }

    private static ulong ReadPermitted()
    {
        uint* header = stackalloc uint[] { CapabilityVersion3, 0 };
        uint* data = stackalloc uint[6];
        return Sys.Direct(SysNr.capget, (nint)header, (nint)data) < 0 ? 0 : data[1] | ((ulong)data[4] << 32);
    }
}
