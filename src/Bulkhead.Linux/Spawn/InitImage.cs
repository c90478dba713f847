using System;
using System.Runtime.InteropServices;

namespace Bulkhead.Linux.Spawn;

/// <summary>eng/native/init.c: a static program of a few pages that runs another one, passes signals on and reaps.</summary>
public static unsafe partial class InitImage
{
    /// <summary>Its ELF file.</summary>
    public static ReadOnlySpan<byte> Bytes
    {
        get
        {
            ulong size;
            byte* begin = Image(&size);
            // SAFETY: constant data of this program, of that size.
            return new ReadOnlySpan<byte>(begin, (int)size);
        }
    }

    [LibraryImport("bulkheadnative", EntryPoint = "bh_init_image")]
    private static partial byte* Image(ulong* size);
}
