using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Bulkhead.Images.Unpack;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Store;

/// <summary>
/// Unpacked layers by the digest of their plain tar: layers/HEX with tree/ and layer.json. One tree serves every range of ids, since mounts map its owners. A tree under its final name is
/// whole; one that is being made is .new-HEX, locked by who makes it.
/// </summary>
/// <param name="root">$BULKHEAD_DATA/images.</param>
public sealed class LayerStore(string root)
{
    private const string Folder = "layers", New = ".new-", Gone = ".gone-", RecordFile = "layer.json", TreeFolder = "tree";
    private const uint PrivateMode = 0x1C0, TreeMode = 0x1ED; // 0700, 0755

    /// <summary>For tests.</summary>
    internal LayerLimits Limits { get; init; } = LayerLimits.Default;

    public bool Has(Digest diffId)
    {
        using Fd layers = StoreFolder.Open(root, Folder);
        return Has(layers, diffId);
    }

    /// <summary>Where its files are; an error when it has not been unpacked.</summary>
    public string Tree(Digest diffId) =>
        Has(diffId) ? Shown(diffId) + "/" + TreeFolder : throw new StepException($"layer {diffId} has not been unpacked in {root}: pull the image again");

    /// <summary>Null: it has not been unpacked.</summary>
    public LayerRecord? Record(Digest diffId)
    {
        using Fd layers = StoreFolder.Open(root, Folder);
        return StoreFolder.Read(layers, diffId.Hex + "/" + RecordFile, root + "/" + Folder) is { } json ? JsonSerializer.Deserialize(json, StoreJson.Default.LayerRecord) : null;
    }

    /// <summary>From a plain tar.</summary>
    public bool Unpack(Stream tar, Digest diffId, Action<long>? progress = null) => Unpack(tar, LayerPacking.Plain, diffId, progress);

    /// <summary>Unpacks it, or waits for another process that does; nothing stays of one that fails.</summary>
    /// <param name="packed">The layer as it is stored or comes; read on a thread of its own, and always to its end.</param>
    /// <param name="packing">Of it.</param>
    /// <param name="diffId">The digest of the plain tar, which is verified.</param>
    /// <param name="progress">Hears, on another thread, how many packed bytes have been read.</param>
    /// <returns>False: it was there, and nothing was read.</returns>
    public bool Unpack(Stream packed, LayerPacking packing, Digest diffId, Action<long>? progress = null)
    {
        using Fd layers = StoreFolder.Open(root, Folder);
        string fresh = New + diffId.Hex;
        using Fd? held = Begin(layers, fresh, diffId);
        if (held is null)
            return false;
        try
        {
            LayerRecord record = Fill(held, fresh, packed, packing, diffId, progress);
            StoreFolder.Write(held, RecordFile, JsonSerializer.SerializeToUtf8Bytes(record, StoreJson.Default.LayerRecord), root + "/" + Folder + "/" + fresh);
            Errno error = Sys.RenameAt(layers, fresh, layers, diffId.Hex);
            if (error != Errno.None)
                throw StoreFolder.Failure("store the layer", error, Shown(diffId));
            return true;
        }
        catch
        {
            Trees.Remove(root + "/" + Folder + "/" + fresh);
            throw;
        }
    }

    /// <summary>All that are unpacked.</summary>
    public List<Digest> All()
    {
        using Fd layers = StoreFolder.Open(root, Folder);
        var all = new List<Digest>();
        foreach (string name in Sys.ReadDirectory(layers).OrThrow("list", root + "/" + Folder))
        {
            if (Digest.TryParse("sha256:" + name, out Digest diffId))
                all.Add(diffId);
        }
        return all;
    }

    /// <summary>For the collector, which holds the store's lock. One rename, and it is gone for everybody.</summary>
    internal void Remove(Digest diffId)
    {
        using Fd layers = StoreFolder.Open(root, Folder);
        string gone = Gone + Guid.NewGuid().ToString("N");
        Errno error = Sys.RenameAt(layers, diffId.Hex, layers, gone);
        if (error == Errno.ENOENT)
            return;
        if (error != Errno.None)
            throw new StepException("remove the layer", error, Shown(diffId));
        Trees.Remove(root + "/" + Folder + "/" + gone);
    }

    /// <summary>What killed processes left, for the collector.</summary>
    internal void RemoveHalves()
    {
        using Fd layers = StoreFolder.Open(root, Folder);
        foreach (string name in Sys.ReadDirectory(layers).OrThrow("list", root + "/" + Folder))
        {
            if (name.StartsWith('.'))
                Trees.Remove(root + "/" + Folder + "/" + name);
        }
    }

    /// <summary>The locked directory to fill; null: the layer is there.</summary>
    private Fd? Begin(Fd layers, string fresh, Digest diffId)
    {
        for (; ; )
        {
            if (Has(layers, diffId))
                return null;
            Errno error = Sys.MkdirAt(layers, fresh, PrivateMode);
            if (error is not (Errno.None or Errno.EEXIST))
                throw StoreFolder.Failure("make the directory", error, root + "/" + Folder + "/" + fresh);
            Result<Fd> opened = Sys.OpenAt(layers, fresh, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW);
            if (opened.Error == Errno.ENOENT)
                continue;
            Fd file = opened.OrThrow("open", root + "/" + Folder + "/" + fresh);
            // Who had the lock before us has made it, or has failed and removed it.
            if (StoreFolder.LockSame(file, layers, fresh, root + "/" + Folder + "/" + fresh) is { } held)
                return held;
        }
    }

    private LayerRecord Fill(Fd held, string fresh, Stream packed, LayerPacking packing, Digest diffId, Action<long>? progress)
    {
        string shown = root + "/" + Folder + "/" + fresh;
        // What a killed process left in it.
        Trees.RemoveAt(held, Sys.Z(TreeFolder), shown + "/" + TreeFolder);
        Errno error = Sys.MkdirAt(held, TreeFolder, TreeMode);
        if (error != Errno.None)
            throw StoreFolder.Failure("make the directory", error, shown + "/" + TreeFolder);
        using Fd tree = Sys.OpenAt(held, TreeFolder, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW).OrThrow("open", shown + "/" + TreeFolder);
        Sys.Chmod(tree, TreeMode);
        using var feed = new TarFeed(packed, packing, Limits, progress);
        using var unpacker = new LayerUnpacker(tree, Limits, UserEntry.IsRootless);
        try
        {
            unpacker.Unpack(new TarReader(feed, Limits));
        }
        catch (StepException failure) when (failure.Errno is Errno.ENOSPC or Errno.EDQUOT)
        {
            throw StoreFolder.Failure(failure.Step, failure.Errno, $"{failure.Path} of layer {diffId.ShortHex} in {root}");
        }
        catch (StepException failure)
        {
            throw new StepException($"layer {diffId.ShortHex}: {failure.Message}");
        }
        Digest came = feed.Finish();
        if (came != diffId)
            throw new StepException($"layer {diffId.ShortHex}: its tar has the digest {came}, not {diffId} as the image says: the image is damaged or lies");
        return new LayerRecord { DiffId = diffId.Text, Size = unpacker.Bytes, Entries = unpacker.Entries, LeftOut = unpacker.LeftOut };
    }

    private static bool Has(Fd layers, Digest diffId) => Sys.StatAt(layers, diffId.Hex + "/" + RecordFile, Fcntl.AT_SYMLINK_NOFOLLOW).Ok;

    private string Shown(Digest diffId) => root + "/" + Folder + "/" + diffId.Hex;
}
