using System;
using System.IO;
using System.Security.Cryptography;
using System.Threading;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Unpack;

/// <summary>
/// A layer's plain tar through a ring of buffers: one thread unpacks into it, one hashes, the caller writes files; each waits only for the one before it. What is read is
/// hashed to the stream's end, behind the tar's end too.
/// </summary>
internal sealed class TarFeed : BlockSource, IDisposable
{
    /// <summary>A multiple of a tar's block; as large as the second-level cache has room for beside the others.</summary>
    private const int BufferSize = 256 << 10;
    private const int Buffers = 8;

    private readonly byte[][] _buffers = new byte[Buffers][];
    private readonly int[] _lengths = new int[Buffers];
    private readonly CountingStream _packed;
    private readonly LayerPacking _packing;
    private readonly LayerLimits _limits;
    private readonly Action<long>? _progress;
    private readonly Thread _reader, _hasher;

    // Guards everything below. The counts are of buffers since the beginning: filled >= hashed, filled >= used > filled - Buffers.
    private readonly object _gate = new();
    private long _filled, _hashed, _used;
    private bool _ended, _stopped;
    private Exception? _failure;

    private byte[] _hash = [];
    private int _at;

    /// <param name="packed">The layer as it is stored; read by another thread until <see cref="Dispose"/> returns.</param>
    /// <param name="packing">Of it.</param>
    /// <param name="limits">On its ratio.</param>
    /// <param name="progress">Hears, on another thread, how many packed bytes have been read.</param>
    public TarFeed(Stream packed, LayerPacking packing, LayerLimits limits, Action<long>? progress)
    {
        _packed = new CountingStream(packed);
        (_packing, _limits, _progress) = (packing, limits, progress);
        for (int i = 0; i < Buffers; i++)
            _buffers[i] = GC.AllocateUninitializedArray<byte>(BufferSize);
        _reader = new Thread(Read) { Name = "unpack", IsBackground = true };
        _hasher = new Thread(Hash) { Name = "hash", IsBackground = true };
        _reader.Start();
        _hasher.Start();
    }

    public override ReadOnlySpan<byte> Peek()
    {
        int slot = (int)(_used % Buffers);
        if (_at > 0 && _at == _lengths[slot])
        {
            lock (_gate)
            {
                _used++;
                Monitor.PulseAll(_gate);
            }
            _at = 0;
            slot = (int)(_used % Buffers);
        }
        return WaitFor(_used) ? _buffers[slot].AsSpan(_at, _lengths[slot] - _at) : default;
    }

    public override void Skip(int count) => _at += count;

    /// <summary>Reads to the stream's end: the digest of all of it.</summary>
    public Digest Finish()
    {
        for (int length = Peek().Length; length > 0; length = Peek().Length)
            Skip(length);
        _hasher.Join();
        return Digest.From(_hash);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
        _reader.Join();
        _hasher.Join();
    }

    /// <summary>False: the stream has ended before this buffer.</summary>
    private bool WaitFor(long buffer)
    {
        if (buffer < Volatile.Read(ref _filled))
            return true;
        lock (_gate)
        {
            while (buffer >= _filled && !_ended && !_stopped)
                Monitor.Wait(_gate);
            if (buffer < _filled)
                return !_stopped;
            if (_failure is null)
                return false;
            throw LayerStreams.Explain(_failure) as Exception ?? new InvalidOperationException("unpack a layer", _failure);
        }
    }

    private void Read()
    {
        Exception? failure = null;
        try
        {
            using Stream? opened = _packing == LayerPacking.Plain ? null : LayerStreams.Open(_packed, _packing);
            Fill(opened ?? _packed);
        }
        catch (Exception error)
        {
            // It is the caller's, who gets it in its own thread.
            failure = error;
        }
        lock (_gate)
        {
            _ended = true;
            _failure = failure;
            Monitor.PulseAll(_gate);
        }
    }

    private void Fill(Stream plain)
    {
        long total = 0;
        while (Room())
        {
            byte[] buffer = _buffers[_filled % Buffers];
            int length = plain.ReadAtLeast(buffer, BufferSize, throwOnEndOfStream: false);
            if (length == 0)
                return;
            total += length;
            if (_packing != LayerPacking.Plain && total > _limits.RatioFloor && total / _limits.Ratio > _packed.Count)
                throw new StepException($"the layer unfolds to more than {_limits.Ratio} times its size, and more than {_limits.RatioFloor >> 20} MiB: it is refused as a decompression bomb");
            lock (_gate)
            {
                _lengths[_filled % Buffers] = length;
                _filled++;
                Monitor.PulseAll(_gate);
            }
            _progress?.Invoke(_packed.Count);
        }
    }

    private bool Room()
    {
        lock (_gate)
        {
            while (_filled - Math.Min(_used, _hashed) == Buffers && !_stopped)
                Monitor.Wait(_gate);
            return !_stopped;
        }
    }

    private void Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long buffer = 0; ; buffer++)
        {
            lock (_gate)
            {
                while (buffer >= _filled && !_ended && !_stopped)
                    Monitor.Wait(_gate);
                if (_stopped || buffer >= _filled)
                    break;
            }
            hash.AppendData(_buffers[buffer % Buffers].AsSpan(0, _lengths[buffer % Buffers]));
            lock (_gate)
            {
                _hashed++;
                Monitor.PulseAll(_gate);
            }
        }
        _hash = hash.GetHashAndReset();
    }
}
