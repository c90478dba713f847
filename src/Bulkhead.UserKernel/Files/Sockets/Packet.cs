using System;
using System.Collections.Generic;
using System.Numerics;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>Who a process is, as SCM_CREDENTIALS and SO_PEERCRED tell it (struct ucred).</summary>
internal readonly record struct PeerId(int Pid, uint Uid, uint Gid)
{
    /// <summary>Of a message that nobody asked the sender's name of: the overflow ids (unix(7)).</summary>
    public static readonly PeerId Unknown = new(0, 65534, 65534);

    public static PeerId Of(GuestTask task) => new(task.Process.Pid, task.Credentials.Euid, task.Credentials.Egid);
}

/// <summary>One message, or a piece of a stream, that waits at its receiver.</summary>
internal sealed class Packet
{
    /// <summary>Its memory, which may be longer than the message.</summary>
    public byte[] Data { get; set; } = [];

    public int Length { get; set; }

    /// <summary>How much of it was read (only of a stream).</summary>
    public int Start { get; set; }

    public int Left => Length - Start;

    public SocketAddress From { get; set; }

    /// <summary>Where it was sent to: for IP_PKTINFO.</summary>
    public UInt128 To { get; set; }

    public PeerId? Sender { get; set; }

    /// <summary>Descriptors on their way: each a reference of its own.</summary>
    public List<OpenFile>? Files { get; set; }

    /// <summary>What Linux would count for it against a socket's buffer (skb->truesize).</summary>
    public int Cost { get; set; }

    /// <summary>Whose send buffer it fills.</summary>
    public UnixSocket? Owner { get; set; }

    /// <summary>The one behind it in its queue.</summary>
    public Packet? Next { get; set; }

    /// <summary>
    /// skb->truesize: the structure, the linear part with its trailer rounded up to a power of two, pages for the rest. It decides how many
    /// messages fit, which programs that fill a socket can see.
    /// </summary>
    public static int CostOf(int length, int mostLinear)
    {
        const int Structure = 256, Trailer = 320, Least = 512, Page = 4096;
        int pages = length <= mostLinear ? 0 : (length - mostLinear + Page - 1) / Page * Page;
        int linear = length - Math.Min(pages, length);
        return Structure + (int)Math.Max(Least, BitOperations.RoundUpToPowerOf2((uint)(linear + Trailer))) + pages;
    }
}

/// <summary>Messages in their order.</summary>
internal sealed class PacketQueue
{
    private Packet? last;

    public int Count { get; private set; }

    public long Bytes { get; private set; }

    public int Cost { get; private set; }

    public Packet? First { get; private set; }

    public void Add(Packet packet)
    {
        if (last is null)
            First = packet;
        else
            last.Next = packet;
        last = packet;
        Count++;
        Bytes += packet.Left;
        Cost += packet.Cost;
    }

    public void Consume(Packet packet, int count)
    {
        packet.Start += count;
        Bytes -= count;
    }

    public Packet RemoveFirst()
    {
        Packet packet = First!;
        First = packet.Next;
        if (First is null)
            last = null;
        packet.Next = null;
        Count--;
        Bytes -= packet.Left;
        Cost -= packet.Cost;
        return packet;
    }
}
