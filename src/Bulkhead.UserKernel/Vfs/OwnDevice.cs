namespace Bulkhead.UserKernel.Vfs;

/// <summary>
/// st_dev of what is the kernel's own. The host gives its file systems in memory small minors, the next free one each (get_anon_bdev of fs/super.c): ours are
/// far above, so that df(1) and others who compare do not take one for the other.
/// </summary>
internal static class OwnDevice
{
    /// <summary>Minor 0xFFF00 and above of major 0, as makedev(3) puts it together.</summary>
    private const ulong First = 0xFFF00000;

    public const ulong NameSpaces = First | 4, Sockets = First | 8, Trees = First | 0x30, Devices = First | 0x31, Pipes = First | 0x32, Anonymous = First | 0x33, Queues = First | 0x34, Terminals = First | 0x35,
        Processes = First | 0x36;
}
