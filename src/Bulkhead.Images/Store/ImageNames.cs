using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Images.Store;

/// <summary>
/// Which image a reference means: a file each in names/, written by rename. A file's name is the hash of the reference, which may be longer than a file's name can be; images without one
/// are kept by their target's digest.
/// </summary>
/// <param name="root">$BULKHEAD_DATA/images.</param>
public sealed class ImageNames(string root)
{
    private const string Folder = "names", Untagged = "none-";

    /// <param name="reference">Canonical.</param>
    /// <returns>Null: there is none.</returns>
    public NamedImage? Get(string reference)
    {
        using Fd names = StoreFolder.Open(root, Folder);
        return Load(names, FileOf(reference));
    }

    /// <summary>Writes one; what the reference meant before stays as an image without a name. An empty reference makes one of these.</summary>
    /// <returns>As written, with <see cref="NamedImage.Previous"/> filled in.</returns>
    public NamedImage Put(NamedImage image)
    {
        Digest target = Digest.Parse(image.Target.Digest, "the image's target");
        using Fd names = Lock();
        if (image.Reference.Length == 0)
        {
            Save(names, Untagged + target.Hex, image);
            return image;
        }
        NamedImage? before = Load(names, FileOf(image.Reference));
        if (before is not null && before.Target.Digest != image.Target.Digest)
        {
            // First: a process that is killed in between leaves an image without a name that has one, which All does not show.
            Save(names, Untagged + Digest.Parse(before.Target.Digest, "the image's target").Hex, before with { Reference = "", Previous = null });
            image = image with { Previous = before.Target.Digest };
        }
        else if (before is not null)
            image = image with { Previous = image.Previous ?? before.Previous };
        Save(names, FileOf(image.Reference), image);
        Sys.UnlinkAt(names, Untagged + target.Hex);
        return image;
    }

    /// <summary>Takes the reference away; the content stays until it is collected.</summary>
    /// <returns>What it meant; null: there was none.</returns>
    public NamedImage? Remove(string reference)
    {
        using Fd names = Lock();
        NamedImage? image = Load(names, FileOf(reference));
        Sys.UnlinkAt(names, FileOf(reference));
        return image;
    }

    /// <summary>Takes the image without a name away that has this target.</summary>
    public bool RemoveUntagged(Digest target)
    {
        using Fd names = Lock();
        return Sys.UnlinkAt(names, Untagged + target.Hex) == Errno.None;
    }

    /// <summary>All, by reference; those without one last.</summary>
    public List<NamedImage> All()
    {
        using Fd names = StoreFolder.Open(root, Folder);
        var tagged = new List<NamedImage>();
        var untagged = new List<NamedImage>();
        foreach (string file in Sys.ReadDirectory(names).OrThrow("list", root + "/" + Folder))
        {
            if (file.StartsWith('.') || Load(names, file) is not { } image)
                continue;
            (image.Reference.Length == 0 ? untagged : tagged).Add(image);
        }
        untagged.RemoveAll(image => tagged.Exists(named => named.Target.Digest == image.Target.Digest));
        tagged.Sort((a, b) => string.CompareOrdinal(a.Reference, b.Reference));
        untagged.Sort((a, b) => string.CompareOrdinal(a.Target.Digest, b.Target.Digest));
        tagged.AddRange(untagged);
        return tagged;
    }

    /// <summary>Halves that killed processes left, for the collector.</summary>
    internal void RemoveHalves()
    {
        using Fd names = Lock();
        foreach (string file in Sys.ReadDirectory(names).OrThrow("list", root + "/" + Folder))
        {
            if (file.StartsWith('.'))
                Sys.UnlinkAt(names, file);
        }
    }

    private static string FileOf(string reference) => Digest.Of(Encoding.UTF8.GetBytes(reference)).Hex;

    private Fd Lock()
    {
        Fd names = StoreFolder.Open(root, Folder);
        Errno error = Sys.Flock(names, Fcntl.LOCK_EX);
        if (error == Errno.None)
            return names;
        names.Dispose();
        throw new StepException("lock", error, root + "/" + Folder);
    }

    private void Save(Fd names, string file, NamedImage image) =>
        StoreFolder.Write(names, file, JsonSerializer.SerializeToUtf8Bytes(image, StoreJson.Default.NamedImage), root + "/" + Folder);

    private NamedImage? Load(Fd names, string file)
    {
        if (StoreFolder.Read(names, file, root + "/" + Folder) is not { } json)
            return null;
        try
        {
            return JsonSerializer.Deserialize(json, StoreJson.Default.NamedImage);
        }
        catch (JsonException error)
        {
            throw new StepException($"{root}/{Folder}/{file} is damaged ({error.Message}): remove the file and pull the image again");
        }
    }
}
