using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files;

/// <summary>/proc/PID/ns/NAME (namespaces(7)): there is one of each kind, known by its number.</summary>
internal sealed class NameSpaceFile(Kernel kernel, string name, ulong number) : OpenFile(kernel)
{
    public ulong Number => number;

    public override string Name => name;

    public override long Stat(out stat status)
    {
        status = new stat { st_mode = StatMode.S_IFREG | 0x124, st_ino = number, st_nlink = 1, st_dev = OwnDevice.NameSpaces, st_blksize = 4096 };
        return 0;
    }
}
