using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Logs;

/// <summary>
/// The lines of a log from its oldest file to its newest, while it is written and rotated: the open file is followed by its inode, not by its name.
/// </summary>
/// <param name="path">The newest file; the older ones have .1, .2 … at the end.</param>
/// <param name="maxFiles">How many there are at most.</param>
public sealed class LineReader(string path, int maxFiles) : IDisposable
{
    private const int BufferSize = 64 << 10;

    private readonly byte[] _buffer = new byte[BufferSize];
    private byte[] _rest = [];
    private Fd? _file;
    private ulong _inode;
    private long _position;

    /// <summary>All whole lines that are there and were not read yet, without their newlines.</summary>
    public IEnumerable<byte[]> Read()
    {
        while (_file is not null || OpenNext())
        {
            foreach (byte[] line in ReadFile())
                yield return line;
            if (!OpenNext())
                yield break;
        }
    }

    public void Dispose() => _file?.Dispose();

    private IEnumerable<byte[]> ReadFile()
    {
        for (; ; )
        {
            int count = Sys.Read(_file!, _buffer).OrThrow("read", path);
            if (count == 0)
                yield break;
            _position += count;
            byte[] bytes = [.. _rest, .. _buffer.AsSpan(0, count)];
            int start = 0;
            for (int end; (end = Array.IndexOf(bytes, (byte)'\n', start)) >= 0; start = end + 1)
                yield return bytes[start..end];
            _rest = bytes[start..];
        }
    }

    /// <summary>The file after the open one, or the oldest. False: the open one is the newest, or there is none.</summary>
    private bool OpenNext()
    {
        int age = Age();
        if (age == 0)
            return false;
        if (_file is not null && HasMore())
            return true;
        for (int next = (age < 0 ? maxFiles : age) - 1; next >= 0; next--)
        {
            Result<Fd> opened = Sys.OpenAt(Fd.Cwd, Name(next), Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW);
            if (opened.Error == Errno.ENOENT)
                continue;
            Fd file = opened.OrThrow("open", Name(next));
            // Rotated between the look and the open: what we have is not the one after ours.
            if (age > 0 && Age() != age)
            {
                file.Dispose();
                return OpenNext();
            }
            _file?.Dispose();
            _file = file;
            _inode = Sys.Fstat(file).OrThrow("stat", Name(next)).st_ino;
            (_rest, _position) = ([], 0);
            return true;
        }
        return false;
    }

    /// <summary>Rotated after our last read of it: nobody writes to it any more, so that one more read settles it.</summary>
    private bool HasMore() => Sys.Fstat(_file!).OrThrow("stat", path).st_size > _position;

    /// <summary>Of the open file: 0 is the newest; -1: none is open, or it was removed.</summary>
    private int Age()
    {
        for (int age = 0; _file is not null && age < maxFiles; age++)
        {
            if (Sys.StatAt(Fd.Cwd, Name(age)) is { Ok: true } status && status.Value.st_ino == _inode)
                return age;
        }
        return -1;
    }

    private string Name(int age) => age == 0 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}.{age}");
}
