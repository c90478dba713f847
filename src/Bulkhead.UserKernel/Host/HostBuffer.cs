using System;
using System.Runtime.InteropServices;

namespace Bulkhead.UserKernel.Host;

/// <summary>Memory outside the managed heap: its address may go to host calls.</summary>
internal sealed unsafe class HostBuffer(int size) : IDisposable
{
    public const int BounceSize = 256 << 10;

    public byte* Pointer { get; private set; } = Make(size);

    public int Size => size;

    public Span<byte> Span => new(Pointer, size);

    /// <summary>At a page's begin.</summary>
    private static byte* Make(int size)
    {
        const nuint PageSize = 4096;
        void* memory = NativeMemory.AlignedAlloc((nuint)size, PageSize);
        NativeMemory.Clear(memory, (nuint)size);
        return (byte*)memory;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(Pointer);
        Pointer = null;
    }
}
