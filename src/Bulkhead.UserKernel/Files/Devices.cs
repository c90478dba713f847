using System;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files;

/// <summary>Memory devices (mem(4), null(4), random(4), full(4)).</summary>
internal abstract class Device(Kernel kernel, uint minor, string name) : OpenFile(kernel)
{
    public override string Name => "/dev/" + name;

    public override bool IsStream => false;

    public override long Seek(long offset, int whence) => 0;

    public override long Stat(out stat status)
    {
        status = new stat { st_mode = StatMode.S_IFCHR | 0x1B6, st_rdev = (1 << 8) | minor, st_nlink = 1, st_ino = minor, st_dev = OwnDevice.Devices, st_blksize = 4096 };
        return 0;
    }
}

internal sealed unsafe class NullDevice(Kernel kernel) : Device(kernel, 3, "null")
{
    public override long Read(byte* to, long count, long offset) => 0;

    public override long Write(byte* from, long count, long offset) => count;
}

internal sealed unsafe class ZeroDevice(Kernel kernel, bool full) : Device(kernel, full ? 7u : 5u, full ? "full" : "zero")
{
    public override long Read(byte* to, long count, long offset)
    {
        new Span<byte>(to, (int)count).Clear();
        return count;
    }

    public override long Write(byte* from, long count, long offset) => full ? Fail.ENOSPC : count;
}

internal sealed unsafe class RandomDevice(Kernel kernel) : Device(kernel, 9, "urandom")
{
    public override long Read(byte* to, long count, long offset)
    {
        HostRandom.Fill(to, count);
        return count;
    }

    public override long Write(byte* from, long count, long offset) => count;
}
