using System;
using System.Text;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>prctl(2).</summary>
internal static class ProcessOptions
{
    private const int SetParentDeath = 1, GetParentDeath = 2, GetDumpable = 3, SetDumpable = 4, GetKeepCaps = 7, SetKeepCaps = 8, SetName = 15, GetName = 16;
    private const int GetSeccomp = 21, BoundingRead = 23, BoundingDrop = 24, GetSecureBits = 27, SetTimerSlack = 29, GetTimerSlack = 30, SetSubreaper = 36, GetSubreaper = 37;
    private const int SetNoNewPrivileges = 38, GetNoNewPrivileges = 39, CapAmbient = 47, LastCapability = 40, NameSize = 16;

    public static long Call(GuestTask task)
    {
        Process process = task.Process;
        switch ((int)task.A0)
        {
            case SetParentDeath:
                if (task.A1 > SignalSet.Highest)
                    return Fail.EINVAL;
                process.ParentDeathSignal = (int)task.A1;
                return 0;
            case GetParentDeath:
                return Guest.Put(task, task.A1, process.ParentDeathSignal);
            case GetDumpable:
                return 1;
            case SetDumpable:
                return task.A1 > 1 ? Fail.EINVAL : 0;
            case GetKeepCaps or GetSecureBits or GetSeccomp:
                return 0;
            case SetKeepCaps:
                return task.A1 > 1 ? Fail.EINVAL : 0;
            case SetName:
                return Rename(task);
            case GetName:
                byte[] name = new byte[NameSize];
                Encoding.Latin1.GetBytes(task.Name, name);
                return Guest.Put(task, task.A1, name);
            case BoundingRead:
                return task.A1 > LastCapability ? Fail.EINVAL : (long)(task.Credentials.Bounding >> (int)task.A1 & 1);
            case BoundingDrop:
                if (!task.Credentials.Has(8)) // CAP_SETPCAP
                    return Fail.EPERM;
                if (task.A1 > LastCapability)
                    return Fail.EINVAL;
                task.Credentials = task.Credentials with { Bounding = task.Credentials.Bounding & ~(1UL << (int)task.A1) };
                return 0;
            case SetTimerSlack:
                return 0;
            case GetTimerSlack:
                return 50000;
            case SetSubreaper:
                process.IsSubreaper = task.A1 != 0;
                return 0;
            case GetSubreaper:
                return Guest.Put(task, task.A1, process.IsSubreaper ? 1 : 0);
            case SetNoNewPrivileges:
                if (task.A1 != 1 || task.A2 != 0 || task.A3 != 0 || task.A4 != 0)
                    return Fail.EINVAL;
                process.NoNewPrivileges = true;
                return 0;
            case GetNoNewPrivileges:
                return task.A1 != 0 || task.A2 != 0 || task.A3 != 0 || task.A4 != 0 ? Fail.EINVAL : process.NoNewPrivileges ? 1 : 0;
            case CapAmbient:
                return Ambient(task);
            default:
                return Fail.EINVAL;
        }
    }

    private static long Rename(GuestTask task)
    {
        Span<byte> bytes = stackalloc byte[NameSize];
        for (int i = 0; i < NameSize - 1; i++)
        {
            if (!HostMemory.Read(task.HostPid, task.A1 + (ulong)i, bytes.Slice(i, 1)))
                return Fail.EFAULT;
            if (bytes[i] == 0)
                break;
        }
        bytes[NameSize - 1] = 0;
        task.Name = Encoding.Latin1.GetString(bytes[..bytes.IndexOf((byte)0)]);
        return 0;
    }

    private static long Ambient(GuestTask task)
    {
        const ulong IsSet = 1, Raise = 2, Lower = 3, ClearAll = 4;
        Credentials user = task.Credentials;
        if (task.A1 == ClearAll)
        {
            if (task.A2 != 0 || task.A3 != 0)
                return Fail.EINVAL;
            task.Credentials = user with { Ambient = 0 };
            return 0;
        }
        if (task.A2 > LastCapability || task.A3 != 0 || task.A4 != 0 || task.A1 is not (IsSet or Raise or Lower))
            return Fail.EINVAL;
        ulong bit = 1UL << (int)task.A2;
        if (task.A1 == IsSet)
            return (user.Ambient & bit) != 0 ? 1 : 0;
        if (task.A1 == Raise && (user.Permitted & user.Inheritable & bit) == 0)
            return Fail.EPERM;
        task.Credentials = user with { Ambient = task.A1 == Raise ? user.Ambient | bit : user.Ambient & ~bit };
        return 0;
    }
}
