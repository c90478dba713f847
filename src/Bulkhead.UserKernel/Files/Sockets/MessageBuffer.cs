using System;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>Where a message's bytes come from or go to: ranges of a guest's memory, or memory of the kernel's own. It has a position, which moves.</summary>
internal unsafe struct MessageBuffer
{
    public const int MostVectors = 1024;
    private const long MostBytes = 0x7ffff000;
    private readonly int pid;
    private readonly (ulong Address, long Length)[]? ranges;
    private readonly int count;
    private int index;
    private ulong address;
    private long inRange;

    private MessageBuffer(int pid, ulong address, long length)
    {
        this.pid = pid;
        this.address = address;
        inRange = Length = length;
    }

    private MessageBuffer(int pid, (ulong Address, long Length)[] ranges, int count, long length)
    {
        this.pid = pid;
        this.ranges = ranges;
        this.count = count;
        (address, inRange) = ranges[0];
        Length = length;
    }

    public long Length { get; }

    public long Position { get; private set; }

    public readonly long Left => Length - Position;

    public static MessageBuffer OfGuest(GuestTask task, ulong address, ulong length) => new(task.HostPid, address, (long)Math.Min(length, MostBytes));

    public static MessageBuffer OfKernel(byte* memory, long length) => new(0, (ulong)memory, length);

    /// <summary>
    /// An array of struct iovec; <paramref name="tooMany"/> is the error for more than IOV_MAX. The ranges lie where the next one's will: there is one
    /// such buffer at a time.
    /// </summary>
    public static long OfVector(GuestTask task, ulong array, ulong count, long tooMany, out MessageBuffer buffer)
    {
        buffer = default;
        if (count > MostVectors)
            return tooMany;
        if (count == 0)
            return 0;
        Span<ulong> words = stackalloc ulong[(int)count * 2];
        if (!HostMemory.Read(task.HostPid, array, System.Runtime.InteropServices.MemoryMarshal.AsBytes(words)))
            return Fail.EFAULT;
        (ulong Address, long Length)[] ranges = task.Kernel.Network.Ranges;
        long total = 0;
        for (int i = 0; i < (int)count; i++)
        {
            long length = (long)words[(i * 2) + 1];
            if (length < 0)
                return Fail.EINVAL;
            length = Math.Min(length, MostBytes - total);
            ranges[i] = (words[i * 2], length);
            total += length;
        }
        buffer = new MessageBuffer(task.HostPid, ranges, (int)count, total);
        return 0;
    }

    /// <summary>All of <paramref name="from"/>, or false: EFAULT.</summary>
    public bool Put(ReadOnlySpan<byte> from)
    {
        while (from.Length > 0 && Next())
        {
            int count = (int)Math.Min(from.Length, inRange);
            fixed (byte* p = from)
            {
                if (pid == 0)
                    from[..count].CopyTo(new Span<byte>((byte*)address, count));
                else if (HostMemory.WriteSome(pid, address, p, count) != count)
                    return false;
            }
            Move(count);
            from = from[count..];
        }
        return from.Length == 0;
    }

    public bool Get(Span<byte> to)
    {
        while (to.Length > 0 && Next())
        {
            int count = (int)Math.Min(to.Length, inRange);
            fixed (byte* p = to)
            {
                if (pid == 0)
                    new ReadOnlySpan<byte>((byte*)address, count).CopyTo(to);
                else if (HostMemory.ReadSome(pid, address, p, count) != count)
                    return false;
            }
            Move(count);
            to = to[count..];
        }
        return to.Length == 0;
    }

    public void Skip(long count)
    {
        while (count > 0 && Next())
        {
            long step = Math.Min(count, inRange);
            Move(step);
            count -= step;
        }
    }

    /// <summary>To a range that has something left.</summary>
    private bool Next()
    {
        while (inRange == 0)
        {
            if (ranges is null || index + 1 >= count)
                return false;
            (address, inRange) = ranges[++index];
        }
        return true;
    }

    private void Move(long count)
    {
        address += (ulong)count;
        inRange -= count;
        Position += count;
    }
}
