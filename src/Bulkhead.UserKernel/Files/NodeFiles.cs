using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files;

/// <summary>An open directory of the kernel's own.</summary>
internal sealed unsafe class NodeDirectory(GuestTask task, Node node, string path) : OpenFile(task.Kernel)
{
    private List<(string Name, Node Node)>? entries;

    public Node Node => node;

    public override bool IsStream => false;

    public override string Name => path;

    public override long Stat(out stat status)
    {
        status = node.Status(task);
        return 0;
    }

    public override long Read(byte* to, long count, long offset) => Fail.EISDIR;

    public override long Seek(long offset, int whence)
    {
        if (whence == 1)
            offset += Position;
        if (whence > 1 || offset < 0)
            return Fail.EINVAL;
        if (offset == 0)
            entries = null;
        return Position = offset;
    }

    public override long ReadDirectory(byte* to, long count)
    {
        if (entries is null)
        {
            entries = [(".", node), ("..", node)];
            entries.AddRange(node.List(task));
        }
        long used = 0;
        for (; Position < entries.Count; Position++)
        {
            (string name, Node entry) = entries[(int)Position];
            long length = (19 + name.Length + 1 + 7) & ~7;
            if (used + length > count)
                return used == 0 ? Fail.EINVAL : used;
            var record = new Span<byte>(to + used, (int)length);
            record.Clear();
            MemoryMarshal.Write(record, entry.Inode);
            MemoryMarshal.Write(record[8..], Position + 1);
            MemoryMarshal.Write(record[16..], (ushort)length);
            record[18] = (byte)((entry.Mode & StatMode.S_IFMT) >> 12);
            Encoding.Latin1.GetBytes(name, record[19..]);
            used += length;
        }
        return used;
    }
}

/// <summary>A text of the kernel's: made when it is read from its begin, so that a program may keep it open and look again.</summary>
internal sealed unsafe class TextFile(GuestTask task, Node node, Func<GuestTask, string?> text, Func<GuestTask, string, long>? write, string path) : OpenFile(task.Kernel)
{
    private const int MostWritten = 4096;
    private byte[]? bytes;

    public override bool IsStream => false;

    public override string Name => path;

    public override long Stat(out stat status)
    {
        status = node.Status(task);
        return 0;
    }

    public override long Read(byte* to, long count, long offset)
    {
        long at = offset < 0 ? Position : offset;
        if (at == 0 || bytes is null)
        {
            if (text(task) is not { } made)
                return Fail.ESRCH;
            bytes = Encoding.Latin1.GetBytes(made);
        }
        int length = (int)Math.Clamp(bytes.Length - at, 0, count);
        bytes.AsSpan((int)Math.Min(at, bytes.Length), length).CopyTo(new Span<byte>(to, length));
        if (offset < 0)
            Position += length;
        return length;
    }

    public override long Write(byte* from, long count, long offset)
    {
        if (write is null)
            return Fail.EIO;
        long result = write(Kernel.Current ?? task, Encoding.Latin1.GetString(from, (int)Math.Min(count, MostWritten)));
        return result < 0 ? result : count;
    }

    /// <summary>Its length is not known before: SEEK_END is refused, as files of /proc do.</summary>
    public override long Seek(long offset, int whence)
    {
        if (whence > 1)
            return Fail.EINVAL;
        offset += whence == 1 ? Position : 0;
        return offset < 0 ? Fail.EINVAL : Position = offset;
    }
}
