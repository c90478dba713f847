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

    /// <summary>The same for what a person types; less is read than there is room, since keys that were held back may come on top.</summary>
    /// <param name="from">Where they type.</param>
    /// <param name="keys">Keys that do not go in.</param>
    /// <param name="typed">As long as the buffer.</param>
    /// <param name="ended">Nothing more comes: keys that were held back are in the buffer.</param>
    /// <returns>The sequence is complete.</returns>
    public bool Fill(Fd from, DetachKeys keys, Span<byte> typed, out bool ended)
    {
        Result<int> length = Sys.Read(from, typed[..^keys.Length]);
        (_start, _end) = (0, 0);
        ended = length.Error != Errno.EAGAIN && !(length.Ok && length.Value > 0);
        if (ended)
        {
            keys.Held.CopyTo(_storage);
            _end = keys.Held.Length;
        }
        return !ended && length.Ok && keys.Pass(typed[..length.Value], _storage, out _end);
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
