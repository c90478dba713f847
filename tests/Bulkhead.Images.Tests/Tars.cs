using System.IO;
using System.IO.Compression;
using Bulkhead.Images.Store;
using Bulkhead.Oci.Image;
using Bulkhead.TestSupport;

namespace Bulkhead.Images.Tests;

/// <summary>Layers as tests need them.</summary>
internal static class Tars
{
    /// <summary>GNU tar of a folder.</summary>
    public static byte[] Of(string folder, params string[] options)
    {
        string file = folder + ".tar";
        Command.Run(["tar", "-C", folder, "-cf", file, .. options, "."], null, null).Ok();
        return File.ReadAllBytes(file);
    }

    public static byte[] Gzip(byte[] plain)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(plain);
        return packed.ToArray();
    }

    public static byte[] Zstd(byte[] plain)
    {
        using var compressor = new ZstdSharp.Compressor();
        return compressor.Wrap(plain).ToArray();
    }

    /// <summary>Unpacks a plain tar into a store; the layer's tree.</summary>
    public static string Unpack(string root, byte[] plain)
    {
        var layers = new LayerStore(root);
        Digest diffId = Digest.Of(plain);
        layers.Unpack(new MemoryStream(plain), diffId);
        return layers.Tree(diffId);
    }

    public static string Unpack(string root, byte[] packed, LayerPacking packing, Digest diffId)
    {
        var layers = new LayerStore(root);
        layers.Unpack(new MemoryStream(packed), packing, diffId);
        return layers.Tree(diffId);
    }
}
