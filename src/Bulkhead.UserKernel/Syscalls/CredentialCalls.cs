using System;
using System.Runtime.InteropServices;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>Users, groups and capabilities (credentials(7), capabilities(7)).</summary>
internal static class CredentialCalls
{
    private const int SetGidCapability = 6, SetUidCapability = 7, MostGroups = 65536;
    private const uint Keep = uint.MaxValue, Version3 = 0x20080522;
    private const ulong AllCapabilities = (1UL << 41) - 1;

    public static Credentials Initial(KernelOptions options)
    {
        ulong[] given = options.Capabilities;
        return new Credentials
        {
            Uid = options.Uid,
            Euid = options.Uid,
            Suid = options.Uid,
            Fsuid = options.Uid,
            Gid = options.Gid,
            Egid = options.Gid,
            Sgid = options.Gid,
            Fsgid = options.Gid,
            Groups = options.Groups,
            Bounding = given[0],
            Effective = given[1],
            Permitted = given[2],
            Inheritable = given[3],
            Ambient = given[4],
        };
    }

    public static long Uid(GuestTask task) => task.Credentials.Uid;

    public static long Euid(GuestTask task) => task.Credentials.Euid;

    public static long Gid(GuestTask task) => task.Credentials.Gid;

    public static long Egid(GuestTask task) => task.Credentials.Egid;

    private static long Become(GuestTask task, Credentials after)
    {
        Credentials before = task.Credentials;
        bool had = before.Uid == 0 || before.Euid == 0 || before.Suid == 0, has = after.Uid == 0 || after.Euid == 0 || after.Suid == 0;
        if ((before.SecureBits & Credentials.NoSetUidFixup) == 0)
        {
            bool keeps = (before.SecureBits & Credentials.KeepCapabilities) != 0;
            if (had && !has)
                after = after with { Permitted = keeps ? after.Permitted : 0, Effective = keeps ? after.Effective : 0, Ambient = 0 };
            if (before.Euid == 0 && after.Euid != 0)
                after = after with { Effective = 0 };
            else if (before.Euid != 0 && after.Euid == 0)
                after = after with { Effective = after.Permitted };
        }
        // Whoever changes its user may hold what the other should not see (prctl(2), PR_SET_DUMPABLE).
        if (before.Euid != after.Euid || before.Egid != after.Egid || before.Fsuid != after.Fsuid || before.Fsgid != after.Fsgid)
            task.Process.Traits = task.Process.Traits with { Dumpable = 0 };
        task.Credentials = after;
        Kernel.Fill(task);
        return 0;
    }

    private static bool MayBeUid(GuestTask task, uint uid) =>
        uid == Keep || task.Credentials.Has(SetUidCapability) || uid == task.Credentials.Uid || uid == task.Credentials.Euid || uid == task.Credentials.Suid;

    private static bool MayBeGid(GuestTask task, uint gid) =>
        gid == Keep || task.Credentials.Has(SetGidCapability) || gid == task.Credentials.Gid || gid == task.Credentials.Egid || gid == task.Credentials.Sgid;

    public static long SetUid(GuestTask task)
    {
        uint uid = (uint)task.A0;
        if (uid == Keep)
            return Fail.EINVAL;
        if (task.Credentials.Has(SetUidCapability))
            return Become(task, task.Credentials with { Uid = uid, Euid = uid, Suid = uid, Fsuid = uid });
        return uid == task.Credentials.Uid || uid == task.Credentials.Suid ? Become(task, task.Credentials with { Euid = uid, Fsuid = uid }) : Fail.EPERM;
    }

    public static long SetGid(GuestTask task)
    {
        uint gid = (uint)task.A0;
        if (gid == Keep)
            return Fail.EINVAL;
        if (task.Credentials.Has(SetGidCapability))
            return Become(task, task.Credentials with { Gid = gid, Egid = gid, Sgid = gid, Fsgid = gid });
        return gid == task.Credentials.Gid || gid == task.Credentials.Sgid ? Become(task, task.Credentials with { Egid = gid, Fsgid = gid }) : Fail.EPERM;
    }

    private static uint Or(uint wanted, uint now) => wanted == Keep ? now : wanted;

    public static long SetReUid(GuestTask task)
    {
        (uint real, uint effective) = ((uint)task.A0, (uint)task.A1);
        Credentials now = task.Credentials;
        if (!now.Has(SetUidCapability) && ((real != Keep && real != now.Uid && real != now.Euid) || !MayBeUid(task, effective)))
            return Fail.EPERM;
        uint euid = Or(effective, now.Euid);
        bool saves = real != Keep || (effective != Keep && effective != now.Uid);
        return Become(task, now with { Uid = Or(real, now.Uid), Euid = euid, Suid = saves ? euid : now.Suid, Fsuid = euid });
    }

    public static long SetReGid(GuestTask task)
    {
        (uint real, uint effective) = ((uint)task.A0, (uint)task.A1);
        Credentials now = task.Credentials;
        if (!now.Has(SetGidCapability) && ((real != Keep && real != now.Gid && real != now.Egid) || !MayBeGid(task, effective)))
            return Fail.EPERM;
        uint egid = Or(effective, now.Egid);
        bool saves = real != Keep || (effective != Keep && effective != now.Gid);
        return Become(task, now with { Gid = Or(real, now.Gid), Egid = egid, Sgid = saves ? egid : now.Sgid, Fsgid = egid });
    }

    public static long SetResUid(GuestTask task)
    {
        (uint real, uint effective, uint saved) = ((uint)task.A0, (uint)task.A1, (uint)task.A2);
        if (!MayBeUid(task, real) || !MayBeUid(task, effective) || !MayBeUid(task, saved))
            return Fail.EPERM;
        Credentials now = task.Credentials;
        uint euid = Or(effective, now.Euid);
        return Become(task, now with { Uid = Or(real, now.Uid), Euid = euid, Suid = Or(saved, now.Suid), Fsuid = euid });
    }

    public static long SetResGid(GuestTask task)
    {
        (uint real, uint effective, uint saved) = ((uint)task.A0, (uint)task.A1, (uint)task.A2);
        if (!MayBeGid(task, real) || !MayBeGid(task, effective) || !MayBeGid(task, saved))
            return Fail.EPERM;
        Credentials now = task.Credentials;
        uint egid = Or(effective, now.Egid);
        return Become(task, now with { Gid = Or(real, now.Gid), Egid = egid, Sgid = Or(saved, now.Sgid), Fsgid = egid });
    }

    public static long GetResUid(GuestTask task) =>
        Guest.Write(task, task.A0, task.Credentials.Uid) && Guest.Write(task, task.A1, task.Credentials.Euid) && Guest.Write(task, task.A2, task.Credentials.Suid) ? 0 : Fail.EFAULT;

    public static long GetResGid(GuestTask task) =>
        Guest.Write(task, task.A0, task.Credentials.Gid) && Guest.Write(task, task.A1, task.Credentials.Egid) && Guest.Write(task, task.A2, task.Credentials.Sgid) ? 0 : Fail.EFAULT;

    public static long SetFsUid(GuestTask task)
    {
        uint before = task.Credentials.Fsuid;
        if ((uint)task.A0 == Keep || !(MayBeUid(task, (uint)task.A0) || (uint)task.A0 == before))
            return before;
        Credentials now = task.Credentials;
        ulong effective = before == 0 && task.A0 != 0 ? now.Effective & ~Credentials.OfFiles
            : before != 0 && task.A0 == 0 ? now.Effective | (now.Permitted & Credentials.OfFiles) : now.Effective;
        task.Credentials = now with { Fsuid = (uint)task.A0, Effective = effective };
        return before;
    }

    public static long SetFsGid(GuestTask task)
    {
        uint before = task.Credentials.Fsgid;
        if ((uint)task.A0 != Keep && MayBeGid(task, (uint)task.A0))
            task.Credentials = task.Credentials with { Fsgid = (uint)task.A0 };
        return before;
    }

    public static long GetGroups(GuestTask task)
    {
        uint[] groups = task.Credentials.Groups;
        int size = (int)task.A0;
        if (size < 0)
            return Fail.EINVAL;
        if (size == 0)
            return groups.Length;
        if (size < groups.Length)
            return Fail.EINVAL;
        return HostMemory.Write(task.HostPid, task.A1, MemoryMarshal.AsBytes(groups.AsSpan())) ? groups.Length : Fail.EFAULT;
    }

    public static long SetGroups(GuestTask task)
    {
        if (!task.Credentials.Has(SetGidCapability))
            return Fail.EPERM;
        if (task.A0 > MostGroups)
            return Fail.EINVAL;
        uint[] groups = new uint[task.A0];
        if (!HostMemory.Read(task.HostPid, task.A1, MemoryMarshal.AsBytes(groups.AsSpan())))
            return Fail.EFAULT;
        task.Credentials = task.Credentials with { Groups = groups };
        return 0;
    }

    public static long GetCapabilities(GuestTask task)
    {
        long error = Header(task, out int words, out GuestTask? target);
        if (error < 0 || words == 0)
            return task.A1 == 0 && error == Fail.EINVAL ? 0 : error;
        if (task.A1 == 0)
            return 0;
        Credentials user = target!.Credentials;
        Span<uint> data = [(uint)user.Effective, (uint)user.Permitted, (uint)user.Inheritable, (uint)(user.Effective >> 32), (uint)(user.Permitted >> 32), (uint)(user.Inheritable >> 32)];
        return Guest.Put(task, task.A1, MemoryMarshal.AsBytes(data[..(words * 3)]));
    }

    public static long SetCapabilities(GuestTask task)
    {
        long error = Header(task, out int words, out GuestTask? target);
        if (error < 0)
            return error;
        if (target != task)
            return Fail.EPERM;
        Span<uint> data = stackalloc uint[6];
        data.Clear();
        if (!HostMemory.Read(task.HostPid, task.A1, MemoryMarshal.AsBytes(data[..(words * 3)])))
            return Fail.EFAULT;
        ulong effective = (data[0] | ((ulong)data[3] << 32)) & AllCapabilities, permitted = (data[1] | ((ulong)data[4] << 32)) & AllCapabilities;
        ulong inheritable = (data[2] | ((ulong)data[5] << 32)) & AllCapabilities;
        Credentials now = task.Credentials;
        bool allowed = (permitted & ~now.Permitted) == 0 && (effective & ~permitted) == 0
            && (inheritable & ~(now.Inheritable | now.Permitted)) == 0 && (inheritable & ~(now.Inheritable | now.Bounding)) == 0;
        if (!allowed)
            return Fail.EPERM;
        task.Credentials = now with { Effective = effective, Permitted = permitted, Inheritable = inheritable, Ambient = now.Ambient & permitted & inheritable };
        return 0;
    }

    private static long Header(GuestTask task, out int words, out GuestTask? target)
    {
        words = 0;
        target = task;
        if (!Guest.Read(task, task.A0, out ulong header))
            return Fail.EFAULT;
        switch ((uint)header)
        {
            case 0x19980330: words = 1; break;
            case 0x20071026 or Version3: words = 2; break;
            default: return Guest.Write(task, task.A0, Version3) ? Fail.EINVAL : Fail.EFAULT;
        }
        int pid = (int)(header >> 32);
        if (pid < 0)
            return Fail.EINVAL;
        target = pid == 0 ? task : task.Kernel.FindTask(pid);
        return target is null ? Fail.ESRCH : 0;
    }
}
