using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>What prctl(2) does with capabilities (capabilities(7)).</summary>
internal static class CapabilityOptions
{
    private const int GetKeep = 7, SetKeep = 8, BoundingRead = 23, BoundingDrop = 24, GetSecureBits = 27, SetSecureBits = 28, AmbientSet = 47;
    private const int LastCapability = 40, SetPcapCapability = 8;
    private const uint AllSecureBits = 0xFF, Locks = 0xAA;

    /// <summary>Null: another option.</summary>
    public static long? Call(GuestTask task)
    {
        Credentials user = task.Credentials;
        switch ((int)task.A0)
        {
            case GetKeep:
                return (user.SecureBits & Credentials.KeepCapabilities) != 0 ? 1 : 0;
            case SetKeep:
                if (task.A1 > 1)
                    return Fail.EINVAL;
                if ((user.SecureBits & (Credentials.KeepCapabilities << 1)) != 0)
                    return Fail.EPERM;
                task.Credentials = user with { SecureBits = (user.SecureBits & ~Credentials.KeepCapabilities) | (task.A1 != 0 ? Credentials.KeepCapabilities : 0) };
                return 0;
            case GetSecureBits:
                return user.SecureBits;
            case SetSecureBits:
                return SetBits(task, task.A1);
            case BoundingRead:
                return task.A1 > LastCapability ? Fail.EINVAL : (long)(user.Bounding >> (int)task.A1 & 1);
            case BoundingDrop:
                if (!user.Has(SetPcapCapability))
                    return Fail.EPERM;
                if (task.A1 > LastCapability)
                    return Fail.EINVAL;
                task.Credentials = user with { Bounding = user.Bounding & ~(1UL << (int)task.A1) };
                return 0;
            case AmbientSet:
                return Ambient(task);
            default:
                return null;
        }
    }

    /// <summary>Locked bits stay, locks are never opened.</summary>
    private static long SetBits(GuestTask task, ulong bits)
    {
        uint now = task.Credentials.SecureBits, locked = (now & Locks) >> 1;
        bool refused = ((now ^ bits) & locked) != 0 || (now & Locks & ~bits) != 0 || (bits & ~(ulong)AllSecureBits) != 0 || !task.Credentials.Has(SetPcapCapability);
        if (refused)
            return Fail.EPERM;
        task.Credentials = task.Credentials with { SecureBits = (uint)bits };
        return 0;
    }

    private static long Ambient(GuestTask task)
    {
        const ulong IsSet = 1, Raise = 2, Lower = 3, ClearAll = 4;
        Credentials user = task.Credentials;
        if (task.A1 == ClearAll)
        {
            if ((task.A2 | task.A3 | task.A4) != 0)
                return Fail.EINVAL;
            task.Credentials = user with { Ambient = 0 };
            return 0;
        }
        if (task.A2 > LastCapability || (task.A3 | task.A4) != 0 || task.A1 is not (IsSet or Raise or Lower))
            return Fail.EINVAL;
        ulong bit = 1UL << (int)task.A2;
        if (task.A1 == IsSet)
            return (user.Ambient & bit) != 0 ? 1 : 0;
        if (task.A1 == Raise && ((user.Permitted & user.Inheritable & bit) == 0 || (user.SecureBits & Credentials.NoAmbientRaise) != 0))
            return Fail.EPERM;
        task.Credentials = user with { Ambient = task.A1 == Raise ? user.Ambient | bit : user.Ambient & ~bit };
        return 0;
    }
}
