using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Bulkhead.Images;
using Bulkhead.Images.Archive;
using Bulkhead.Images.References;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Fuzz;

/// <summary>load, into a store of its own for each input: an image that got a name is whole, whatever the verdict, and nothing else is left or written.</summary>
internal abstract class LoadTarget : Target
{
    protected static readonly byte[] Layer = TarTarget.Mend([.. TarTarget.Header('5', "d/", 0), .. TarTarget.Header('0', "d/file", 5), .. TarTarget.Content("hello"), .. new byte[1024]]);

    protected static readonly string LayerHex = Hex(Layer);

    protected override void Parse(byte[] input)
    {
        string folder = Directory.CreateDirectory("/dev/shm/bulkhead-fuzz-" + Guid.NewGuid().ToString("N")).FullName;
        try
        {
            var library = new ImageLibrary(folder + "/images");
            string source = Write(input, folder);
            List<ImageReference> loaded = [];
            try
            {
                using Fd opened = Sys.OpenAt(Fd.Cwd, source, Fcntl.O_RDONLY).OrThrow("open", source);
                loaded = new ArchiveLoader(library).Load(opened, "it", ImageReference.Parse("wanted"));
                Must(loaded.Count > 0, "success without an image");
            }
            finally
            {
                Check(library, folder, source, loaded);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    protected static string Hex(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>The archive's path, in the folder.</summary>
    protected abstract string Write(byte[] input, string folder);

    private static void Check(ImageLibrary library, string folder, string source, List<ImageReference> loaded)
    {
        List<LoadedImage> all = library.All();
        Must(all.TrueForAll(image => library.Trees(image).All(Directory.Exists)), "an image without its layers");
        Must(loaded.TrueForAll(name => all.Exists(image => image.Name == name.ToString())), "loaded and not there");
        Must(all.TrueForAll(image => !image.Name.Any(char.IsControl)), "a name of more than one line");
        Must(Directory.GetFileSystemEntries(library.Scratch).All(left => Path.GetFileName(left).Length == LayerHex.Length), "a spool that was left");
        Must(Directory.GetFileSystemEntries(folder).All(entry => entry == source || entry == library.Root), "a file beside the store");
    }
}

/// <summary>The tar of an archive.</summary>
internal sealed class ArchiveTarget : LoadTarget
{
    private static readonly string s_config = $$$"""{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:{{{LayerHex}}}"]}}""";

    public override byte[][] Seeds { get; } =
    [
        [.. File("config.json", s_config), .. Docker("layer.tar"), .. LayerAs("layer.tar"), .. new byte[1024]],
        [.. Docker("a/layer.tar"), .. TarTarget.Header('2', "a/layer.tar", 0, "../b/layer.tar"), .. TarTarget.Header('1', "b/layer.tar", 0, "c"), .. LayerAs("c"), .. File("config.json", s_config), .. new byte[1024]],
        Layout(),
    ];

    public override string[] Words => ["ustar\u000000", "../", "/", "manifest.json", "index.json", "layer.tar", "config.json", "blobs/sha256/", "00000000005\0", "null", "\u001f\u008b", "(\u00b5/\u00fd"];

    protected override string Write(byte[] input, string folder)
    {
        System.IO.File.WriteAllBytes(folder + "/archive", TarTarget.Mend(input));
        return folder + "/archive";
    }

    private static byte[] Docker(string layer) => File("manifest.json", $$$"""[{"Config":"config.json","RepoTags":["x:1"],"Layers":["{{{layer}}}"]}]""");

    private static byte[] Layout()
    {
        string manifest = $$$"""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:{{{Hex(Text(s_config))}}}","size":{{{s_config.Length}}}},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:{{{LayerHex}}}","size":{{{Layer.Length}}}}]}""";
        string index = $$$"""{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{{{Hex(Text(manifest))}}}","size":{{{manifest.Length}}},"annotations":{"org.opencontainers.image.ref.name":"tag"}}]}""";
        return [.. File("index.json", index), .. Blob(manifest), .. Blob(s_config), .. LayerAs("blobs/sha256/" + LayerHex), .. new byte[1024]];
    }

    private static byte[] Blob(string content) => File("blobs/sha256/" + Hex(Text(content)), content);

    private static byte[] File(string name, string content) => [.. TarTarget.Header('0', name, content.Length), .. TarTarget.Content(content)];

    private static byte[] LayerAs(string name) => [.. TarTarget.Header('0', name, Layer.Length), .. Layer];
}

/// <summary>
/// The documents of an archive, parted by <see cref="End"/>: an index or Docker's manifest, which begins with [, then blobs. {D1} and {S1} stand for the digest's digits and the size of the
/// first blob as it is, {DL} and {SL} for the layer's: what is changed is still found.
/// </summary>
internal sealed class ArchiveDocumentTarget : LoadTarget
{
    private const char End = '\u001e';
    private const string Config = """{"architecture":"amd64","os":"linux","config":{"Cmd":["a"],"Env":["A=b"]},"rootfs":{"type":"layers","diff_ids":["sha256:{DL}"]},"history":[{"created_by":"x","empty_layer":true}]}""";
    private const string Manifest = """{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:{D2}","size":{S2}},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:{DL}","size":{SL}}]}""";

    public override byte[][] Seeds { get; } =
    [
        Text("""{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{D1}","size":{S1},"annotations":{"io.containerd.image.name":"docker.io/a/b:1","org.opencontainers.image.ref.name":"1"}}]}""" + End + Manifest + End + Config),
        Text("""{"manifests":[{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"sha256:{D3}","size":{S3}}]}""" + End + Manifest + End + Config + End + """{"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:{D1}","size":{S1},"platform":{"os":"linux","architecture":"amd64"}}]}"""),
        Text("""[{"Config":"blobs/sha256/{D1}","RepoTags":["x:1","localhost/y:2"],"Layers":["blobs/sha256/{DL}"]}]""" + End + Config),
    ];

    public override string[] Words =>
    [
        "null", "[]", "{}", "{D1}", "{D2}", "{D3}", "{DL}", "{S1}", "-1", "9223372036854775807", "../", "/etc/passwd", "\"layers\":", "\"manifests\":", "\"rootfs\":", "\"diff_ids\":", "\"RepoTags\":", "\"Layers\":", "\"Config\":",
        "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip", "application/vnd.oci.image.layer.v1.tar+zstd", "\\ud800", "\\u0000", "\u001e", "\u001b",
    ];

    protected override string Write(byte[] input, string folder)
    {
        string source = Directory.CreateDirectory(folder + "/layout").FullName;
        string blobs = Directory.CreateDirectory(source + "/blobs/sha256").FullName;
        string[] parts = Encoding.Latin1.GetString(input).Split(End);
        var known = new Dictionary<string, string> { ["{DL}"] = LayerHex, ["{SL}"] = Number(Layer.Length) };
        File.WriteAllBytes(blobs + "/" + LayerHex, Layer);
        // Each names only what stands behind it in this order: an index is the last blob, and the first to be named.
        int[] order = parts.Length > 3 ? [2, 1, 3] : [2, 1];
        foreach (int part in order.Where(part => part < parts.Length))
        {
            byte[] content = Fill(parts[part], known);
            known[$"{{D{part}}}"] = Hex(content);
            known[$"{{S{part}}}"] = Number(content.Length);
            File.WriteAllBytes(blobs + "/" + Hex(content), content);
        }
        byte[] top = Fill(parts[0], known);
        File.WriteAllBytes(source + (top is [(byte)'[', ..] ? "/manifest.json" : "/index.json"), top);
        return source;
    }

    private static byte[] Fill(string text, Dictionary<string, string> known) =>
        Encoding.Latin1.GetBytes(known.Aggregate(text, (filled, pair) => filled.Replace(pair.Key, pair.Value, StringComparison.Ordinal)));

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
