using System;
using System.Runtime.InteropServices;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Loader;

/// <summary>What the host's kernel says of the CPU (getauxval(3)): guests run on the same one.</summary>
internal sealed record HostAuxiliary(ulong Hwcap, ulong Hwcap2, ulong MinSignalStack)
{
    private const int HwcapKey = 16, Hwcap2Key = 26, MinSignalStackKey = 51;

    public static HostAuxiliary Read()
    {
        Result<Fd> file = Sys.OpenAt(Fd.Cwd, "/proc/self/auxv", Fcntl.O_RDONLY);
        if (!file.Ok)
            return new HostAuxiliary(0, 0, 2048);
        using Fd opened = file.Value;
        byte[] bytes = new byte[4096];
        Result<int> length = Sys.Read(opened, bytes);
        ulong hwcap = 0, hwcap2 = 0, stack = 2048;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan(0, length.Ok ? length.Value & ~15 : 0));
        for (int i = 0; i + 1 < words.Length; i += 2)
        {
            switch (words[i])
            {
                case HwcapKey: hwcap = words[i + 1]; break;
                case Hwcap2Key: hwcap2 = words[i + 1]; break;
                case MinSignalStackKey: stack = words[i + 1]; break;
            }
        }
        return new HostAuxiliary(hwcap, hwcap2, stack);
    }
}
