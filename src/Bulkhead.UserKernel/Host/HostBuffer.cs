using System;
using System.Runtime.InteropServices;

namespace Bulkhead.UserKernel.Host;

/// <summary>Memory outside the managed heap: its address may go to host calls.</summary>
internal sealed unsafe class HostBuffer(int size) : IDisposable
{
    public const int BounceSize = 256 << 10;

    public byte* Pointer { get; private set; } = (byte*)NativeMemory.AllocZeroed((nuint)size);

    public int Size => size;

    public Span<byte> Span => new(Pointer, size);

    public void Dispose()
    {
        NativeMemory.Free(Pointer);
        Pointer = null;
    }
}
