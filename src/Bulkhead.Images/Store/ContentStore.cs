using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Images.Store;

/// <summary>Content by its digest: a blob under its final name is whole and has been hashed. Safe for many processes and threads.</summary>
/// <param name="root">$BULKHEAD_DATA/images; made when something is first looked for in it.</param>
public sealed class ContentStore(string root)
{
    private const string BlobFolder = "blobs/sha256", IngestFolder = "ingest";
    private const uint FileMode = 0x180; // 0600

    public string Root => root;

    public bool Has(Digest digest) => Size(digest) is not null;

    /// <summary>Bytes; null: it is not there.</summary>
    public long? Size(Digest digest)
    {
        using Fd blobs = StoreFolder.Open(root, BlobFolder);
        return Size(blobs, digest);
    }

    /// <summary>Null: it is not there.</summary>
    public Fd? TryOpen(Digest digest)
    {
        using Fd blobs = StoreFolder.Open(root, BlobFolder);
        Result<Fd> opened = Sys.OpenAt(blobs, digest.Hex, Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW);
        return opened.Error == Errno.ENOENT ? null : opened.OrThrow("open", Shown(digest));
    }

    /// <summary>A document as a whole, hashed once more: a disk may have changed it.</summary>
    /// <param name="digest">Its digest.</param>
    /// <param name="max">Bytes at most.</param>
    public byte[] Read(Digest digest, int max)
    {
        using Fd file = TryOpen(digest) ?? throw new StepException($"{digest} is not in the store {root}: pull the image again");
        byte[] content = Sys.ReadFile(file, max).OrThrow("read", Shown(digest));
        return Digest.Of(content) == digest ? content
            : throw new StepException($"{Shown(digest)} is damaged: its content has another digest; remove the file and pull the image again");
    }

    /// <summary>
    /// Begins to write content of that digest and size, or to wait: while another process writes the same this one waits, and finds it there (<see cref="BlobWriter.AlreadyThere"/>)
    /// or takes up what is there of it (<see cref="BlobWriter.Offset"/>).
    /// </summary>
    public BlobWriter Begin(Digest digest, long size)
    {
        using Fd blobs = StoreFolder.Open(root, BlobFolder);
        using Fd ingest = StoreFolder.Open(root, IngestFolder);
        string shown = root + "/" + IngestFolder + "/" + digest.Hex;
        for (; ; )
        {
            // One of another size did not come to the disk before a loss of power: it is replaced.
            if (Size(blobs, digest) == size)
                return new BlobWriter(digest, size);
            Result<Fd> opened = Sys.OpenAt(ingest, digest.Hex, Fcntl.O_RDWR | Fcntl.O_CREAT | Fcntl.O_NOFOLLOW, FileMode);
            if (!opened.Ok)
                throw StoreFolder.Failure("write", opened.Error, shown);
            // Who had the lock before us may have finished it, or thrown it away.
            if (StoreFolder.LockSame(opened.Value, ingest, digest.Hex, shown) is not { } file)
                continue;
            if (Size(blobs, digest) != size)
                return new BlobWriter(digest, size, file, root);
            // Finished between our look and our open, which made a new part.
            Discard(root, digest);
            file.Dispose();
        }
    }

    /// <summary>A document that is at hand as a whole.</summary>
    public Digest Put(ReadOnlySpan<byte> content)
    {
        Digest digest = Digest.Of(content);
        using BlobWriter writer = Begin(digest, content.Length);
        if (writer.AlreadyThere)
            return digest;
        writer.Write(content[(int)writer.Offset..]);
        writer.Commit();
        return digest;
    }

    /// <summary>All that is there; size in bytes.</summary>
    public List<(Digest Digest, long Size)> All()
    {
        using Fd blobs = StoreFolder.Open(root, BlobFolder);
        var all = new List<(Digest, long)>();
        foreach (string name in Sys.ReadDirectory(blobs).OrThrow("list", root + "/" + BlobFolder))
        {
            if (Digest.TryParse("sha256:" + name, out Digest digest) && Size(blobs, digest) is { } size)
                all.Add((digest, size));
        }
        return all;
    }

    /// <summary>For the collector, which holds the store's lock.</summary>
    internal void Remove(Digest digest)
    {
        using Fd blobs = StoreFolder.Open(root, BlobFolder);
        Errno error = Sys.UnlinkAt(blobs, digest.Hex);
        if (error is not (Errno.None or Errno.ENOENT))
            throw new StepException("remove", error, Shown(digest));
    }

    /// <summary>Parts of content that nobody writes now, for the collector; the bytes that were freed.</summary>
    internal long RemoveParts()
    {
        using Fd ingest = StoreFolder.Open(root, IngestFolder);
        long freed = 0;
        foreach (byte[] name in Sys.ReadNames(ingest).OrThrow("list", root + "/" + IngestFolder))
        {
            freed += Sys.StatAt(ingest, name, Fcntl.AT_SYMLINK_NOFOLLOW) is { Ok: true } status ? status.Value.st_size : 0;
            Trees.RemoveAt(ingest, name, root + "/" + IngestFolder);
        }
        return freed;
    }

    internal static void Finish(string root, Digest digest)
    {
        using Fd blobs = StoreFolder.Open(root, BlobFolder);
        using Fd ingest = StoreFolder.Open(root, IngestFolder);
        Errno error = Sys.RenameAt(ingest, digest.Hex, blobs, digest.Hex);
        if (error != Errno.None)
            throw StoreFolder.Failure("store", error, root + "/" + BlobFolder + "/" + digest.Hex);
    }

    internal static void Discard(string root, Digest digest)
    {
        using Fd ingest = StoreFolder.Open(root, IngestFolder);
        Sys.UnlinkAt(ingest, digest.Hex);
    }

    private static long? Size(Fd blobs, Digest digest) =>
        Sys.StatAt(blobs, digest.Hex, Fcntl.AT_SYMLINK_NOFOLLOW) is { Ok: true } found && (found.Value.st_mode & StatMode.S_IFMT) == StatMode.S_IFREG ? found.Value.st_size : null;

    private string Shown(Digest digest) => root + "/" + BlobFolder + "/" + digest.Hex;
}
