using System.Collections.Generic;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Ipc;

/// <summary>A POSIX message queue (mq_overview(7)): it lives while it has a name or is open.</summary>
internal sealed class PosixQueue(int mostMessages, int messageSize)
{
    public const int MostQueues = 256, HighestPriority = 32768, DefaultMessages = 10, DefaultSize = 8192, MostMessages = 65536, LargestSize = 16 << 20;
    private const int MessageCode = -3; // SI_MESGQ
    private readonly LinkedList<(uint Priority, byte[] Bytes)> messages = new();
    private (Process Process, int Signal, ulong Value)? wanted;

    public int Most => mostMessages;

    public int MessageSize => messageSize;

    public uint Mode { get; init; }

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public int Count => messages.Count;

    public long Bytes { get; private set; }

    public bool IsFull => messages.Count >= mostMessages;

    /// <summary>Changes, for poll and for senders.</summary>
    public WaitQueue Queue { get; } = new();

    /// <summary>Who waits in mq_receive: while there is one, nobody is notified.</summary>
    public WaitQueue Receivers { get; } = new();

    public Process? Notified => wanted?.Process;

    /// <summary>Behind all of the same priority.</summary>
    public void Put(GuestTask sender, uint priority, byte[] bytes)
    {
        LinkedListNode<(uint Priority, byte[] Bytes)>? at = messages.Last;
        while (at is not null && at.Value.Priority < priority)
            at = at.Previous;
        if (at is null)
            messages.AddFirst((priority, bytes));
        else
            messages.AddAfter(at, (priority, bytes));
        Bytes += bytes.Length;
        if (messages.Count == 1 && !Receivers.HasWaiters)
            Notify(sender);
        Receivers.WakeAll(sender.Kernel);
        Queue.WakeAll(sender.Kernel);
    }

    public (uint Priority, byte[] Bytes) Take(Kernel kernel)
    {
        (uint Priority, byte[] Bytes) first = messages.First!.Value;
        messages.RemoveFirst();
        Bytes -= first.Bytes.Length;
        Queue.WakeAll(kernel);
        return first;
    }

    /// <summary>mq_notify(3): once, for the next message that comes to the empty queue. Signal 0: SIGEV_NONE.</summary>
    public bool Register(Process process, int signal, ulong value)
    {
        if (wanted is { Process.IsZombie: false })
            return false;
        wanted = (process, signal, value);
        return true;
    }

    public void Unregister(Process process)
    {
        if (wanted?.Process == process)
            wanted = null;
    }

    private void Notify(GuestTask sender)
    {
        if (wanted is not var (process, signal, value))
            return;
        wanted = null;
        if (signal == 0)
            return;
        SignalInfo info = SignalInfo.From(signal, MessageCode, sender.Process.Pid, sender.Credentials.Uid);
        info.Value = value;
        process.Kernel.SendSignal(process, info);
    }
}
