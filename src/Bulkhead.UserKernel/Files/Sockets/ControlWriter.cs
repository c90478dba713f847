using System;
using System.Runtime.InteropServices;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>Control messages on their way into a guest's buffer (put_cmsg of net/core/scm.c: the last one may be cut).</summary>
internal struct ControlWriter(GuestTask task, ulong address, ulong room)
{
    private const int HeaderSize = 16;

    public bool IsTruncated { get; set; }

    public bool IsFaulty { get; private set; }

    public ulong Used { get; private set; }

    private readonly ulong Left => room - Used;

    /// <summary>How many values of this size the next message could hold.</summary>
    public readonly int RoomFor(int size) => Left < HeaderSize ? 0 : (int)Math.Min((Left - HeaderSize) / (ulong)size, int.MaxValue);

    public void Put(int level, int type, ReadOnlySpan<byte> content)
    {
        if (Left < HeaderSize)
        {
            IsTruncated = true;
            return;
        }
        int length = HeaderSize + content.Length;
        if (Left < (ulong)length)
        {
            IsTruncated = true;
            length = (int)Left;
        }
        Span<byte> message = stackalloc byte[length];
        MemoryMarshal.Write(message, (ulong)length);
        MemoryMarshal.Write(message[8..], level);
        MemoryMarshal.Write(message[12..], type);
        content[..(length - HeaderSize)].CopyTo(message[HeaderSize..]);
        IsFaulty |= !HostMemory.Write(task.HostPid, address + Used, message);
        Used += Math.Min(Left, (ulong)((length + 7) & ~7));
    }
}
