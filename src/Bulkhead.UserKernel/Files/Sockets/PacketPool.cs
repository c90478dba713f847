using System.Collections.Generic;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>Packets that were read, for those that come next.</summary>
internal sealed class PacketPool(BytePool memory)
{
    private const int Most = 64;
    private readonly Stack<Packet> spare = new();

    /// <summary>One with room for so many bytes.</summary>
    public Packet Take(int length)
    {
        Packet packet = spare.TryPop(out Packet? kept) ? kept : new Packet();
        (packet.Data, packet.Length) = (memory.Take(length), length);
        return packet;
    }

    /// <summary>Nobody has it any more. Its bytes stay: who takes them next writes before it reads.</summary>
    public void Give(Packet packet)
    {
        memory.Give(packet.Data);
        if (spare.Count >= Most)
            return;
        (packet.Data, packet.Length, packet.Start, packet.Cost) = ([], 0, 0, 0);
        (packet.From, packet.To, packet.Sender) = (default, default, null);
        (packet.Files, packet.Owner, packet.Next) = (null, null, null);
        spare.Push(packet);
    }
}
