using System.Collections.Generic;

namespace Bulkhead.UserKernel.Ipc;

/// <summary>A System V message queue.</summary>
internal sealed class MessageQueue : IpcObject
{
    public const int LargestMessage = 8192;
    private readonly LinkedList<Message> messages = new();

    public sealed record Message(long Type, byte[] Bytes);

    public ulong MostBytes { get; set; } = 16384;

    public ulong Bytes { get; private set; }

    public int Count => messages.Count;

    public int LastSender { get; set; }

    public int LastReceiver { get; set; }

    public long SendTime { get; set; }

    public long ReceiveTime { get; set; }

    public bool HasRoom(int size) => Bytes + (ulong)size <= MostBytes && (ulong)messages.Count + 1 <= MostBytes;

    public void Put(Message message)
    {
        messages.AddLast(message);
        Bytes += (ulong)message.Bytes.Length;
    }

    /// <summary>0: the oldest; above: the oldest of that type, or not of it; below: the oldest of the lowest type up to its amount.</summary>
    public Message? Find(long type, bool except)
    {
        Message? best = null;
        foreach (Message each in messages)
        {
            if (type == 0 || (type > 0 && (each.Type == type) != except))
                return each;
            // -long.MinValue is no long: ~ keeps the comparison right for it.
            if (type < 0 && each.Type - 1 <= ~type && (best is null || each.Type < best.Type))
                best = each;
        }
        return best;
    }

    /// <summary>MSG_COPY: by its place in the queue.</summary>
    public Message? At(long index)
    {
        foreach (Message each in messages)
        {
            if (index-- == 0)
                return each;
        }
        return null;
    }

    public void Take(Message message)
    {
        messages.Remove(message);
        Bytes -= (ulong)message.Bytes.Length;
    }
}
