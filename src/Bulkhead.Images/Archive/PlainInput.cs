using System;
using System.IO;
using Bulkhead.Images.Unpack;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Images.Archive;

/// <summary>A stranger's tar as plain bytes: packed by gzip or zstd, as its first bytes say, or not at all. Damage and a decompression bomb are a <see cref="StepException"/>.</summary>
internal sealed class PlainInput : ReadingStream
{
    private static readonly LayerLimits s_limits = LayerLimits.Default;

    private readonly CountingStream _packed;
    private readonly Stream _plain;
    private readonly string _shown;
    private long _total;

    /// <param name="input">Read from where it stands; a pipe cannot be read twice. Stays open.</param>
    /// <param name="shown">Its name, for messages.</param>
    public PlainInput(Stream input, string shown)
    {
        byte[] head = new byte[4];
        int count = input.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        _shown = shown;
        _packed = new CountingStream(new HeadStream(head[..count], input));
        _plain = LayerStreams.Open(_packed, PackingOf(head));
    }

    /// <summary>By the first four bytes.</summary>
    public static LayerPacking PackingOf(ReadOnlySpan<byte> head) => head switch
    {
        [0x1F, 0x8B, ..] => LayerPacking.Gzip,
        [0x28, 0xB5, 0x2F, 0xFD, ..] => LayerPacking.Zstd,
        _ => LayerPacking.Plain,
    };

    public override int Read(Span<byte> buffer)
    {
        int count;
        try
        {
            count = _plain.Read(buffer);
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or ZstdSharp.ZstdException)
        {
            throw new StepException($"{_shown} is damaged: it cannot be unpacked any further ({error.GetType().Name})");
        }
        _total += count;
        if (_plain != _packed && _total > s_limits.RatioFloor && _total / s_limits.Ratio > _packed.Count)
            throw new StepException($"{_shown} unfolds to more than {s_limits.Ratio} times its size, and more than {s_limits.RatioFloor >> 20} MiB: it is refused as a decompression bomb");
        return count;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && _plain != _packed)
            _plain.Dispose();
        base.Dispose(disposing);
    }
}
