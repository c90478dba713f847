using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bulkhead.UserKernel.Host;

/// <summary>Memory for the length of one call, kept for the next one. Who asks again has what the last one had.</summary>
internal sealed class Scratch
{
    private const int Kept = 64 << 10;
    private readonly byte[] bytes = GC.AllocateUninitializedArray<byte>(Kept);

    /// <summary>Not cleared. More than is kept is made for this call alone.</summary>
    public Span<T> Of<T>(int count) where T : unmanaged
    {
        long size = (long)count * Unsafe.SizeOf<T>();
        return size <= Kept ? MemoryMarshal.Cast<byte, T>(bytes.AsSpan(0, (int)size)) : new T[count];
    }
}
