using System;
using System.Collections.Generic;
using System.Numerics;

namespace Bulkhead.UserKernel.Files.Sockets;

/// <summary>Memory of messages on their way, by powers of two: it goes from one to the next, so that a call that moves bytes allocates none.</summary>
internal sealed class BytePool
{
    private const int LeastBits = 8, MostBits = 16, KeptOfEach = 256 << 10, MostPieces = 64;
    private readonly Stack<byte[]>[] spare = Array.ConvertAll(new byte[MostBits - LeastBits + 1], _ => new Stack<byte[]>());

    /// <summary>At least so long, with any bytes in it.</summary>
    public byte[] Take(int least)
    {
        int bits = Math.Max(LeastBits, BitOperations.Log2((uint)Math.Max(least, 1) - 1) + 1);
        if (bits > MostBits)
            return GC.AllocateUninitializedArray<byte>(least);
        return spare[bits - LeastBits].TryPop(out byte[]? kept) ? kept : GC.AllocateUninitializedArray<byte>(1 << bits);
    }

    public void Give(byte[] bytes)
    {
        int bits = BitOperations.Log2((uint)bytes.Length | 1);
        if (bytes.Length != 1 << bits || bits is < LeastBits or > MostBits)
            return;
        Stack<byte[]> others = spare[bits - LeastBits];
        if (others.Count < Math.Min(MostPieces, KeptOfEach >> bits))
            others.Push(bytes);
    }
}
