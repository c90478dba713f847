using System.Runtime.InteropServices;

namespace Bulkhead.UserKernel.Files.Asynchronous;

/// <summary>struct iocb of linux/aio_abi.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AioBlock
{
    public const ushort Read = 0, Write = 1, Sync = 2, SyncData = 3, Poll = 5, ReadVector = 7, WriteVector = 8;
    public const uint TellsEvent = 1;

    public ulong Data;
    public uint Key;
    public int Flags;
    public ushort Operation;
    public short Priority;
    public int Descriptor;
    public ulong Buffer;
    public ulong Length;
    public long Offset;
    public ulong Reserved;
    public uint BlockFlags;
    public int EventDescriptor;
}

/// <summary>struct io_event of linux/aio_abi.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AioEvent
{
    public ulong Data;
    public ulong Block;
    public long Result;
    public long Result2;
}
