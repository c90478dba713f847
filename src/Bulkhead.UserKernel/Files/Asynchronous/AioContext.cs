using System.Collections.Generic;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files.Asynchronous;

/// <summary>io_setup(2): what was asked and is done, in its order, and the polls that still wait.</summary>
internal sealed class AioContext(Kernel kernel, ulong address, uint wanted)
{
    /// <summary>Events of a ring of one page; Linux gives at least so many.</summary>
    private const uint LeastEvents = 126;

    private readonly Queue<AioEvent> done = new();
    private readonly List<AioPoll> polls = [];

    /// <summary>Its id is where its ring would lie: there is a page, which says that it is no ring for programs (libaio asks by call then).</summary>
    public ulong Address => address;

    /// <summary>What it counts for of /proc/sys/fs/aio-max-nr.</summary>
    public uint Wanted => wanted;

    public uint Capacity { get; } = System.Math.Max(wanted, LeastEvents);

    public WaitQueue Queue { get; } = new();

    public bool IsFull => done.Count + polls.Count >= Capacity;

    /// <summary>The operation has ended; takes over the reference to the eventfd.</summary>
    public void Complete(in AioEvent what, EventFile? teller)
    {
        done.Enqueue(what);
        teller?.Tell();
        teller?.Release();
        Queue.WakeAll(kernel);
    }

    public AioEvent? First => done.TryPeek(out AioEvent what) ? what : null;

    public void Take() => done.Dequeue();

    public void Add(AioPoll poll)
    {
        polls.Add(poll);
        poll.Begin();
    }

    public void Remove(AioPoll poll) => polls.Remove(poll);

    public AioPoll? Find(ulong block) => polls.Find(poll => poll.Block == block);

    /// <summary>io_destroy(2), or the end of its process.</summary>
    public void Close()
    {
        foreach (AioPoll poll in polls.ToArray())
            poll.End();
        polls.Clear();
        Queue.WakeAll(kernel);
    }
}
