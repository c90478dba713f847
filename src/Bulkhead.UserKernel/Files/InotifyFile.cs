using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files;

/// <summary>inotify_init(2): events that wait to be read.</summary>
internal sealed unsafe class InotifyFile(Kernel kernel) : AnonymousFile(kernel)
{
    private const int HeaderSize = 16, MostQueued = 16384;
    private const uint GetReady = 0x541B;
    private readonly Queue<Event> events = new();
    private readonly Dictionary<int, Watch> watches = [];
    private Event? last;
    private int lastNumber;

    private sealed record Event(int Watch, uint What, uint Cookie, string Name)
    {
        /// <summary>The name and its NUL, filled up to whole records.</summary>
        public int NameSize => Name.Length == 0 ? 0 : (Name.Length + HeaderSize) / HeaderSize * HeaderSize;

        public int Size => HeaderSize + NameSize;
    }

    public override string Name => "anon_inode:inotify";

    /// <summary>The watch of that inode, if there is one: it is one however often it is added.</summary>
    public Watch? Find(FileKey key)
    {
        foreach (Watch watch in watches.Values)
        {
            if (watch.Key == key)
                return watch;
        }
        return null;
    }

    public Watch? Find(int number) => watches.GetValueOrDefault(number);

    public Watch Add(FileKey key, uint mask)
    {
        var watch = new Watch(this, ++lastNumber, key) { Mask = mask };
        watches.Add(watch.Number, watch);
        Kernel.Watches.Add(watch);
        return watch;
    }

    /// <summary>Removed, by whom ever: IN_IGNORED is its last event.</summary>
    public void Forget(Watch watch)
    {
        if (!watches.Remove(watch.Number))
            return;
        Kernel.Watches.Remove(watch);
        Tell(watch.Number, Happened.Ignored, "", 0);
    }

    /// <summary>One that equals the last one in the queue is left out.</summary>
    public void Tell(int watch, uint what, string name, uint cookie)
    {
        // Events about the watched inode itself have never had the flag (inotify_handle_inode_event).
        if ((what & (Happened.DeleteSelf | Happened.MoveSelf)) != 0)
            what &= ~Happened.IsDirectory;
        if (events.Count > 0 && last is not null && last.Watch == watch && last.What == what && last.Name == name)
            return;
        if (events.Count > MostQueued)
            return;
        last = events.Count == MostQueued ? new Event(-1, Happened.Overflow, 0, "") : new Event(watch, what, cookie, name);
        events.Enqueue(last);
        Queue.WakeAll(Kernel);
    }

    public override long Read(byte* to, long count, long offset)
    {
        long done = 0;
        while (events.TryPeek(out Event? next))
        {
            if (done + next.Size > count)
                return done > 0 ? done : Fail.EINVAL;
            events.Dequeue();
            var record = new Span<byte>(to + done, next.Size);
            record.Clear();
            MemoryMarshal.Write(record, next.Watch);
            MemoryMarshal.Write(record[4..], next.What);
            MemoryMarshal.Write(record[8..], next.Cookie);
            MemoryMarshal.Write(record[12..], next.NameSize);
            Encoding.Latin1.GetBytes(next.Name, record[HeaderSize..]);
            done += next.Size;
        }
        return done > 0 ? done : Fail.EAGAIN;
    }

    /// <summary>Nothing to seek, and no error (noop_llseek).</summary>
    public override long Seek(long offset, int whence) => 0;

    public override uint Poll() => events.Count > 0 ? In : 0;

    public override long Control(GuestTask task, uint command, ulong argument)
    {
        if (command != GetReady)
            return Fail.ENOTTY;
        int size = 0;
        foreach (Event each in events)
            size += each.Size;
        return HostMemory.Write(task.HostPid, argument, size) ? 0 : Fail.EFAULT;
    }

    protected override void OnClose()
    {
        foreach (Watch watch in watches.Values)
            Kernel.Watches.Remove(watch);
        watches.Clear();
        Kernel.Watches.Instances--;
    }
}
