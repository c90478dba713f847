using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Files.Sockets;
using Bulkhead.UserKernel.Files.Terminals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>Signals about open files: the commands of fcntl(2) and FIOASYNC of ioctl(2).</summary>
internal static class OwnerCalls
{
    public const int SetOwner = 8, GetOwner = 9, SetSignal = 10, GetSignal = 11, SetOwnerEx = 15, GetOwnerEx = 16;
    public const uint Asynchronous = 0x5452;
    public const int AsyncFlag = 0x2000;
    private const int MostSignals = 64;

    public static long Control(GuestTask task, OpenFile file, int command, ulong argument)
    {
        AsyncOwner owner = file.Owner ??= new AsyncOwner(file);
        switch (command)
        {
            case SetOwner:
                int id = (int)argument;
                return id == int.MinValue ? Fail.EINVAL : Set(task, owner, id < 0 ? OwnerKind.Group : OwnerKind.Process, System.Math.Abs(id));
            case GetOwner:
                return owner.Kind == OwnerKind.Group ? -owner.Id : owner.Kind == OwnerKind.Process ? owner.Id : 0;
            case SetSignal:
                if (argument > MostSignals)
                    return Fail.EINVAL;
                owner.Signal = (int)argument;
                return 0;
            case GetSignal:
                return owner.Signal;
            case SetOwnerEx:
                if (!Guest.Read(task, argument, out long pair))
                    return Fail.EFAULT;
                return (uint)pair > (uint)OwnerKind.Group ? Fail.EINVAL : Set(task, owner, (OwnerKind)(uint)pair, (int)(pair >> 32));
            default:
                return Guest.Put(task, argument, (uint)owner.Kind | ((long)owner.Id << 32));
        }
    }

    private static long Set(GuestTask task, AsyncOwner owner, OwnerKind kind, int id)
    {
        bool exists = id == 0 || kind switch
        {
            OwnerKind.Thread => task.Kernel.FindTask(id) is not null,
            OwnerKind.Process => task.Kernel.Find(id) is not null,
            _ => task.Kernel.ProcessesOf(id).Count > 0,
        };
        if (!exists)
            return Fail.ESRCH;
        owner.Set(kind, id, task.Credentials);
        return 0;
    }

    /// <summary>O_ASYNC by F_SETFL, which passes over files that know no such signals, or by ioctl.</summary>
    public static bool Switch(OpenFile file, bool on, int fd)
    {
        if (file is not (PipeEnd or SocketFile or HostTerminal or MasterFile or SlaveFile or InotifyFile))
            return false;
        file.Owner ??= new AsyncOwner(file);
        file.Owner.Switch(on, fd);
        file.Flags = on ? file.Flags | AsyncFlag : file.Flags & ~AsyncFlag;
        return true;
    }
}
