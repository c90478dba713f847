using System;
using System.Security.Cryptography;
using Bulkhead.Linux;

namespace Bulkhead.Images.Store;

/// <summary>
/// Content on its way into the store, locked against others who bring the same. Disposing without <see cref="Commit"/> keeps what has been written, for the next who comes with the
/// same digest.
/// </summary>
public sealed class BlobWriter : IDisposable
{
    private const int BufferSize = 1 << 20;

    private readonly Digest _digest;
    private readonly long _size;
    private readonly string _root = "";
    private readonly Fd? _file;
    private readonly IncrementalHash? _hash;

    /// <summary>Nothing is left to do.</summary>
    internal BlobWriter(Digest digest, long size) => (_digest, _size, Offset) = (digest, size, size);

    /// <param name="digest">What it is to have.</param>
    /// <param name="size">What it is to have.</param>
    /// <param name="file">Locked; ours to close.</param>
    /// <param name="root">The store.</param>
    internal BlobWriter(Digest digest, long size, Fd file, string root)
    {
        (_digest, _size, _file, _root) = (digest, size, file, root);
        _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        try
        {
            TakeUp(file);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The store has it: nothing is to be written, <see cref="Commit"/> does nothing.</summary>
    public bool AlreadyThere => _file is null;

    /// <summary>Bytes that are there.</summary>
    public long Offset { get; private set; }

    /// <summary>The next bytes. More than the size is an error, and nothing of the content is kept.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (AlreadyThere)
            throw new InvalidOperationException("the content is there");
        if (bytes.Length > _size - Offset)
        {
            Restart();
            throw new StepException($"{_digest}: more than the {_size} bytes came that were said of it");
        }
        Errno error = Sys.WriteAll(_file!, bytes);
        if (error != Errno.None)
        {
            // A part that fills the disk would be in everybody's way.
            if (error is Errno.ENOSPC or Errno.EDQUOT)
                ContentStore.Discard(_root, _digest);
            throw StoreFolder.Failure("write", error, _root + "/ingest/" + _digest.Hex);
        }
        _hash!.AppendData(bytes);
        Offset += bytes.Length;
    }

    /// <summary>Throws away what is there, to begin anew: the registry gives no ranges.</summary>
    public void Restart()
    {
        _hash!.GetHashAndReset();
        Offset = 0;
        Errno error = Sys.Truncate(_file!, 0);
        if (error == Errno.None)
            error = Sys.Seek(_file!, 0);
        if (error != Errno.None)
            throw new StepException("empty", error, _root + "/ingest/" + _digest.Hex);
    }

    /// <summary>Size and digest are compared, then the content has its name. Content with another digest is thrown away; too short a one is kept.</summary>
    public void Commit()
    {
        if (AlreadyThere)
            return;
        if (Offset != _size)
            throw new StepException($"{_digest}: {Offset} bytes came of the {_size} that were said of it");
        Digest came = Digest.From(_hash!.GetHashAndReset());
        if (came != _digest)
        {
            ContentStore.Discard(_root, _digest);
            throw new StepException($"{_digest}: what came has the digest {came}: it was changed on its way, or the registry lies");
        }
        ContentStore.Finish(_root, _digest);
    }

    public void Dispose()
    {
        _hash?.Dispose();
        _file?.Dispose();
    }

    /// <summary>What is there is hashed again: who wrote it is gone, and so is its hash.</summary>
    private void TakeUp(Fd file)
    {
        byte[] buffer = new byte[BufferSize];
        for (; ; )
        {
            int read = Sys.Read(file, buffer).OrThrow("read", _root + "/ingest/" + _digest.Hex);
            if (read == 0)
                break;
            _hash!.AppendData(buffer.AsSpan(0, read));
            Offset += read;
        }
        if (Offset > _size)
            Restart();
    }
}
