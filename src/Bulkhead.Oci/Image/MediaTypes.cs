using System;

namespace Bulkhead.Oci.Image;

/// <summary>How a layer is packed.</summary>
public enum LayerPacking
{
    Plain,
    Gzip,
    Zstd,
}

/// <summary>The media types of image-spec 1.1 and of Docker's schema 2. Whatever is not here is refused by name.</summary>
public static class MediaTypes
{
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";
    public const string Index = "application/vnd.oci.image.index.v1+json";
    public const string Config = "application/vnd.oci.image.config.v1+json";
    public const string Layer = "application/vnd.oci.image.layer.v1.tar";
    public const string LayerGzip = Layer + "+gzip";
    public const string LayerZstd = Layer + "+zstd";
    public const string Empty = "application/vnd.oci.empty.v1+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerConfig = "application/vnd.docker.container.image.v1+json";

    private static readonly (string Type, LayerPacking Packing)[] Layers =
    [
        (Layer, LayerPacking.Plain),
        (LayerGzip, LayerPacking.Gzip),
        (LayerZstd, LayerPacking.Zstd),
        ("application/vnd.docker.image.rootfs.diff.tar", LayerPacking.Plain),
        ("application/vnd.docker.image.rootfs.diff.tar.gzip", LayerPacking.Gzip),
        ("application/vnd.docker.image.rootfs.diff.tar.zstd", LayerPacking.Zstd),
    ];

    public static bool IsIndex(string type) => type is Index or DockerList;

    public static bool IsManifest(string type) => type is Manifest or DockerManifest;

    public static bool IsConfig(string type) => type is Config or DockerConfig;

    /// <summary>Null: not the type of a layer that can be unpacked.</summary>
    public static LayerPacking? PackingOf(string type)
    {
        int found = Array.FindIndex(Layers, layer => layer.Type == type);
        return found < 0 ? null : Layers[found].Packing;
    }
}
