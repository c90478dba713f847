using System;
using System.Formats.Tar;
using System.IO;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;

namespace Bulkhead.ImageTests;

/// <summary>A layer in a file, packed by zstd.</summary>
/// <param name="File">On the file system of the layouts.</param>
/// <param name="Hex">Its digest.</param>
/// <param name="DiffId">That of its plain tar.</param>
internal sealed record PackedLayer(string File, string Hex, string DiffId);

/// <summary>An OCI layout made by hand, layer by layer: what the tests say of it is what the image specification says.</summary>
internal sealed class Layout
{
    private readonly JsonArray _layers = [], _diffIds = [], _history = [];

    public Layout(string folder)
    {
        Folder = folder;
        Directory.CreateDirectory(folder + "/blobs/sha256");
        File.WriteAllText(folder + "/oci-layout", """{"imageLayoutVersion":"1.0.0"}""");
    }

    public string Folder { get; }

    /// <summary>The field "config" of the image's configuration.</summary>
    public JsonObject Config { get; } = [];

    public string Architecture { get; set; } = "amd64";

    public string Created { get; set; } = "2026-01-02T03:04:05Z";

    /// <summary>A layer from a folder, with its owners: by GNU tar.</summary>
    public Layout Add(string folder, params string[] options)
    {
        string tar = Folder + "/layer.tar";
        Command.Run(["tar", "-C", folder, "--numeric-owner", "-cf", tar, .. options, "."]).Ok();
        byte[] bytes = File.ReadAllBytes(tar);
        File.Delete(tar);
        return Add(bytes);
    }

    /// <summary>A layer of single files.</summary>
    public Layout Add(params (string Name, string Content)[] files)
    {
        using var memory = new MemoryStream();
        using (var tar = new TarWriter(memory, leaveOpen: true))
        {
            foreach ((string name, string content) in files)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)), Mode = (UnixFileMode)0x1ED });
        }
        return Add(memory.ToArray());
    }

    /// <summary>A layer that is larger than an array.</summary>
    public Layout Add(PackedLayer layer)
    {
        Command.Run("ln", layer.File, $"{Folder}/blobs/sha256/{layer.Hex}").Ok();
        _layers.Add(new JsonObject { ["mediaType"] = "application/vnd.oci.image.layer.v1.tar+zstd", ["digest"] = "sha256:" + layer.Hex, ["size"] = new FileInfo(layer.File).Length });
        Note(layer.DiffId);
        return this;
    }

    /// <param name="tar">The layer.</param>
    /// <param name="packing">gzip, zstd, zstd:chunked or none.</param>
    public Layout Add(byte[] tar, string packing = "gzip")
    {
        byte[] packed = packing switch { "gzip" => Gzip(tar), "zstd" => Zstd(tar), "zstd:chunked" => Chunked(tar), _ => tar };
        _layers.Add(Descriptor("application/vnd.oci.image.layer.v1.tar" + (packing.Length > 0 ? "+" + packing.Split(':')[0] : ""), packed));
        Note(Convert.ToHexStringLower(SHA256.HashData(tar)));
        return this;
    }

    /// <summary>Writes the index; the digest of the manifest.</summary>
    public string Finish(string name)
    {
        var config = new JsonObject
        {
            ["created"] = Created,
            ["architecture"] = Architecture,
            ["os"] = "linux",
            ["config"] = Config.DeepClone(),
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = _diffIds.DeepClone() },
            ["history"] = _history.DeepClone(),
        };
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["config"] = Descriptor("application/vnd.oci.image.config.v1+json", Encoding.UTF8.GetBytes(config.ToJsonString())),
            ["layers"] = _layers.DeepClone(),
        };
        JsonObject top = Descriptor("application/vnd.oci.image.manifest.v1+json", Encoding.UTF8.GetBytes(manifest.ToJsonString()));
        string digest = (string)top["digest"]!;
        top["annotations"] = new JsonObject { ["io.containerd.image.name"] = name, ["org.opencontainers.image.ref.name"] = "latest" };
        File.WriteAllText(Folder + "/index.json", new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(top) }.ToJsonString());
        return digest;
    }

    private void Note(string diffId)
    {
        _diffIds.Add("sha256:" + diffId);
        _history.Add(new JsonObject { ["created"] = "2026-01-02T03:04:05Z", ["created_by"] = $"step {_layers.Count}" });
    }

    private JsonObject Descriptor(string type, byte[] content)
    {
        string hex = Convert.ToHexStringLower(SHA256.HashData(content));
        File.WriteAllBytes($"{Folder}/blobs/sha256/{hex}", content);
        return new JsonObject { ["mediaType"] = type, ["digest"] = "sha256:" + hex, ["size"] = content.Length };
    }

    private static byte[] Gzip(byte[] plain)
    {
        using var memory = new MemoryStream();
        using (var gzip = new GZipStream(memory, CompressionLevel.Fastest))
            gzip.Write(plain);
        return memory.ToArray();
    }

    /// <summary>As containers/storage lays it out: frames of their own for pieces of the tar, then a table of contents and a footer in frames to be skipped.</summary>
    private static byte[] Chunked(byte[] tar)
    {
        byte[] skipped = [0x50, 0x2A, 0x4D, 0x18, 8, 0, 0, 0, .. "contents"u8];
        return [.. Zstd(tar[..512]), .. Zstd(tar[512..(tar.Length / 2)]), .. Zstd(tar[(tar.Length / 2)..]), .. skipped, .. skipped];
    }

    private static byte[] Zstd(byte[] plain)
    {
        using var folder = new TempFolder("bhzstd");
        File.WriteAllBytes(folder["plain"], plain);
        Command.Run("zstd", "-q", "-o", folder["packed"], folder["plain"]).Ok();
        return File.ReadAllBytes(folder["packed"]);
    }
}
