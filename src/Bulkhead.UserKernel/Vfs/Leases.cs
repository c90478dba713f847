using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Syscalls;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs;

/// <summary>Leases of regular files (fcntl(2), F_SETLEASE): who opens in their way waits until the holder has given up, and the holder is told.</summary>
internal sealed class Leases(Kernel kernel)
{
    public const int SetLease = 1024, GetLease = 1025;
    private const int Read = 0, Write = 1, None = 2; // F_RDLCK, F_WRLCK, F_UNLCK
    private const int Capability = 28; // CAP_LEASE
    private const long BreakTime = 45_000_000_000; // /proc/sys/fs/lease-break-time

    private readonly Dictionary<(ulong Device, ulong Inode), List<Lease>> leases = [];

    private sealed class Lease(OpenFile file, int type)
    {
        public OpenFile File => file;

        public int Type { get; set; } = type;

        /// <summary>What it is on its way to, and until when; below 0: it holds.</summary>
        public int Target { get; set; } = -1;

        public long Deadline { get; set; }

        public WaitQueue Changes { get; } = new();
    }

    public bool IsEmpty => leases.Count == 0;

    public long Control(GuestTask task, OpenFile file, int command, int type)
    {
        if (file is not HostFile { IsDirectory: false } || file.Stat(out stat status) < 0)
            return command == GetLease ? None : Fail.EINVAL;
        (ulong, ulong) key = (status.st_dev, status.st_ino);
        List<Lease> held = leases.GetValueOrDefault(key) ?? [];
        Lease? own = held.Find(each => each.File == file);
        if (command == GetLease)
            return own is null ? None : own.Target >= 0 ? own.Target : own.Type;
        if (task.Credentials.Fsuid != status.st_uid && !task.Credentials.Has(Capability))
            return Fail.EACCES;
        if (type is not (Read or Write or None))
            return Fail.EINVAL;
        if (type == None)
            return own is null ? Fail.EAGAIN : Remove(key, own);
        if (type == Read ? file.CanWrite || kernel.FileSystem.Busy.IsWritten(key) : IsOpenElsewhere(file, key))
            return Fail.EAGAIN;
        if (held.Exists(each => each != own && (type == Write || each.Type == Write)))
            return Fail.EAGAIN;
        Grant(task, file, key, own, type);
        return 0;
    }

    private void Grant(GuestTask task, OpenFile file, (ulong, ulong) key, Lease? own, int type)
    {
        file.Owner ??= new AsyncOwner(file);
        if (file.Owner.Id == 0)
            file.Owner.Set(OwnerKind.Process, task.Process.Pid, task.Credentials);
        if (own is not null)
        {
            (own.Type, own.Target) = (type, -1);
            own.Changes.WakeAll(kernel);
            return;
        }
        if (!leases.TryGetValue(key, out List<Lease>? list))
            leases.Add(key, list = []);
        var lease = new Lease(file, type);
        list.Add(lease);
        System.Action? before = ((HostFile)file).Closed;
        ((HostFile)file).Closed = () =>
        {
            before?.Invoke();
            Remove(key, lease);
        };
    }

    private long Remove((ulong, ulong) key, Lease lease)
    {
        if (!leases.TryGetValue(key, out List<Lease>? list) || !list.Remove(lease))
            return 0;
        if (list.Count == 0)
            leases.Remove(key);
        lease.Changes.WakeAll(kernel);
        return 0;
    }

    private bool IsOpenElsewhere(OpenFile file, (ulong, ulong) key)
    {
        foreach (Process process in kernel.Processes)
        {
            if (process.IsZombie)
                continue;
            for (int fd = 0; fd < process.Files.Count; fd++)
            {
                if (process.Files[fd] is HostFile other && other != file && other.Stat(out stat status) == 0 && (status.st_dev, status.st_ino) == key)
                    return true;
            }
        }
        return false;
    }

    /// <summary>A file is about to be opened: 0, EAGAIN (O_NONBLOCK), or the task waits for a holder.</summary>
    public long Break(GuestTask task, in stat status, bool writes, bool waits)
    {
        if (leases.Count == 0 || !leases.TryGetValue((status.st_dev, status.st_ino), out List<Lease>? held))
            return 0;
        (ulong, ulong) key = (status.st_dev, status.st_ino);
        long now = HostEvents.Now(1);
        foreach (Lease lease in held.ToArray())
        {
            if (!writes && lease.Type == Read)
                continue;
            int target = writes ? None : Read;
            if (lease.Target < 0)
            {
                (lease.Target, lease.Deadline) = (target, now + BreakTime);
                lease.File.Owner!.TellLease();
            }
            else if (now >= lease.Deadline)
            {
                Remove(key, lease);
                continue;
            }
            return waits ? Guest.Wait(task, lease.Changes, lease.Deadline) : Fail.EAGAIN;
        }
        return 0;
    }
}
