using System;
using System.IO;
using System.IO.Compression;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;
using ZstdSharp;

namespace Bulkhead.Images.Unpack;

/// <summary>A packed layer as its plain tar.</summary>
internal static class LayerStreams
{
    /// <summary>zstd's own default: 128 MiB of memory, which only --ultra -22 and --long ask for. A stranger's frame may ask for 2 GiB.</summary>
    private const int MaxWindowLog = 27;

    public static Stream Open(Stream packed, LayerPacking packing) => packing switch
    {
        LayerPacking.Gzip => new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true),
        LayerPacking.Zstd => Zstd(packed),
        _ => packed,
    };

    /// <summary>What a decompressor throws at damaged input, as one line; null: it is none of that.</summary>
    public static StepException? Explain(Exception error) => error switch
    {
        StepException step => step,
        ZstdException or InvalidDataException or EndOfStreamException => new StepException("the layer is damaged: it cannot be unpacked any further (" + error.GetType().Name + ")"),
        IOException => new StepException("read the layer: " + error.Message),
        _ => null,
    };

    private static DecompressionStream Zstd(Stream packed)
    {
        var stream = new DecompressionStream(packed, checkEndOfStream: true, leaveOpen: true);
        stream.SetParameter(ZstdSharp.Unsafe.ZSTD_dParameter.ZSTD_d_windowLogMax, MaxWindowLog);
        return stream;
    }
}

/// <summary>Counts what is read of another stream.</summary>
internal sealed class CountingStream(Stream inner) : ReadingStream
{
    /// <summary>Bytes so far.</summary>
    public long Count { get; private set; }

    public override int Read(Span<byte> buffer)
    {
        int read = inner.Read(buffer);
        Count += read;
        return read;
    }
}
