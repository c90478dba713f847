using System;

namespace Bulkhead.Linux.Terminals;

/// <summary>Bytes under way in one direction: filled when empty, drained as the other side takes them.</summary>
internal ref struct RelayBuffer(Span<byte> storage)
{
    private readonly Span<byte> _storage = storage;
    private int _start;
    private int _end;

    public readonly bool IsEmpty => _start == _end;

    /// <summary>One read(2); <see cref="Errno.None"/> with nothing in the buffer is the end of the file.</summary>
    public Errno Fill(Fd from)
    {
        Result<int> length = Sys.Read(from, _storage);
        _start = 0;
        _end = length.Ok ? length.Value : 0;
        return length.Error;
    }

    public void Drop() => _start = _end;

    /// <summary>One write(2). EAGAIN keeps the bytes; any other error drops them, since nobody reads them any more.</summary>
    public Errno Drain(Fd to)
    {
        Result<int> written = Sys.Write(to, _storage[_start.._end]);
        if (written.Ok)
            _start += written.Value;
        else if (written.Error != Errno.EAGAIN)
            Drop();
        return written.Error;
    }
}
