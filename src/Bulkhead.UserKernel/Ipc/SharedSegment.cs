using Bulkhead.Linux;

namespace Bulkhead.UserKernel.Ipc;

/// <summary>A System V shared memory segment: a memory file that the gates of its users map.</summary>
internal sealed class SharedSegment(Fd memory, ulong size, int creator) : IpcObject
{
    /// <summary>SHM_DEST in the mode: it goes with its last user.</summary>
    private const uint RemovedFlag = 0x200;

    public Fd Memory => memory;

    public ulong Size => size;

    public int CreatorPid => creator;

    public int LastPid { get; set; }

    public long Attached { get; set; }

    public long AttachTime { get; set; }

    public long DetachTime { get; set; }

    public bool IsRemoved => (Mode & RemovedFlag) != 0;

    public void MarkRemoved() => Mode |= RemovedFlag;
}

/// <summary>Where a process has a segment.</summary>
internal sealed class Attachment(SharedSegment segment)
{
    public SharedSegment Segment => segment;

    /// <summary>0 until the gate has mapped it.</summary>
    public ulong Address { get; set; }
}
