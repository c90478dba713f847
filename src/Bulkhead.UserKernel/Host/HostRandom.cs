using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Host;

/// <summary>getrandom(2). Not RandomNumberGenerator: that loads OpenSSL, which in a static program corrupts thread-local data.</summary>
internal static unsafe class HostRandom
{
    public static void Fill(byte* to, long count)
    {
        for (long done = 0; done < count;)
            done += Math.Max(0, Sys.Direct(SysNr.getrandom, (nint)(to + done), (nint)(count - done)));
    }

    public static ulong Next()
    {
        ulong value;
        Fill((byte*)&value, sizeof(ulong));
        return value;
    }

    public static byte[] Bytes(int count)
    {
        byte[] bytes = new byte[count];
        fixed (byte* p = bytes)
            Fill(p, count);
        return bytes;
    }

    /// <summary>A random UUID (RFC 9562, version 4) as text.</summary>
    public static string Uuid()
    {
        byte[] bytes = Bytes(16);
        bytes[7] = (byte)((bytes[7] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes).ToString();
    }
}
