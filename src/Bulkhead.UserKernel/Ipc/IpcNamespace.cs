using System;
using System.Collections.Generic;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Ipc;

/// <summary>The sandbox's IPC namespace (ipc_namespaces(7)).</summary>
internal sealed class IpcNamespace
{
    public const int MostSegments = 4096, MostSets = 4096, MostQueues = 4096;

    public IpcTable<SharedSegment> Segments { get; } = new(MostSegments);

    public IpcTable<SemaphoreSet> Semaphores { get; } = new(MostSets);

    /// <summary>POSIX message queues by their names, without the slash.</summary>
    public Dictionary<string, PosixQueue> Named { get; } = new(StringComparer.Ordinal);

    public IpcTable<MessageQueue> Queues { get; } = new(MostQueues);

    /// <summary>A process ends, or its address space does.</summary>
    public void Detach(Process process)
    {
        foreach (Attachment each in process.Attachments)
            Release(each.Segment, process.Pid);
        process.Attachments.Clear();
    }

    public void Release(SharedSegment segment, int pid)
    {
        segment.Attached--;
        (segment.DetachTime, segment.LastPid) = (IpcObject.Now(), pid);
        Collect(segment);
    }

    /// <summary>A segment that was removed goes with its last user.</summary>
    public void Collect(SharedSegment segment)
    {
        if (!segment.IsRemoved || segment.Attached > 0)
            return;
        Segments.Remove(segment);
        segment.Memory.Dispose();
    }

    /// <summary>fork(2): the child has the same memory attached.</summary>
    public static void Inherit(Process parent, Process child)
    {
        foreach (Attachment each in parent.Attachments)
        {
            if (each.Address == 0)
                continue;
            each.Segment.Attached++;
            child.Attachments.Add(new Attachment(each.Segment) { Address = each.Address });
        }
    }

    /// <summary>exit(2): what SEM_UNDO asked for is taken back.</summary>
    public void Undo(Process process)
    {
        if (!process.HasSemaphoreUndo)
            return;
        foreach (SemaphoreSet set in Semaphores.All)
            set.Undo(process);
    }
}
