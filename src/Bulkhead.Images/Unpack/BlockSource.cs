using System;

namespace Bulkhead.Images.Unpack;

/// <summary>The bytes of a tar, a buffer at a time.</summary>
internal abstract class BlockSource
{
    /// <summary>What is at hand: a multiple of 512 bytes but at the end; empty only there.</summary>
    public abstract ReadOnlySpan<byte> Peek();

    /// <param name="count">At most what <see cref="Peek"/> gave.</param>
    public abstract void Skip(int count);
}
