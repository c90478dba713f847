using System;
using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files;

/// <summary>epoll(7). Its interests are looked at one by one: what waits is woken by the files' own queues.</summary>
internal sealed class EpollFile(Kernel kernel) : AnonymousFile(kernel)
{
    public const uint EdgeTriggered = 1u << 31, OneShot = 1u << 30, Exclusive = 1u << 28;

    /// <summary>What may stand beside EPOLLEXCLUSIVE (epoll_ctl(2)): itself, edges, wake-up, and these events.</summary>
    public const uint WithExclusive = Exclusive | EdgeTriggered | 1u << 29 | In | Out | Error | HangUp;

    private readonly List<Interest> interests = [];

    public override string Name => "anon_inode:[eventpoll]";

    public sealed class Interest(int fd, OpenFile file)
    {
        public int Fd { get; } = fd;

        public OpenFile File { get; } = file;

        public uint Events { get; set; }

        public ulong Data { get; set; }

        /// <summary>The file's changes that were told: an edge is one more.</summary>
        public uint Told { get; set; }

        public bool IsDisabled { get; set; }
    }

    public int Count => interests.Count;

    public Interest? Find(int fd, OpenFile file)
    {
        foreach (Interest interest in interests)
        {
            if (interest.Fd == fd && interest.File == file)
                return interest;
        }
        return null;
    }

    public void Add(Interest interest)
    {
        interest.Told = interest.File.Queue.Changes - 1;
        interests.Add(interest);
        interest.File.AddEpoll(this);
        Queue.WakeAll(Kernel);
    }

    public void Remove(Interest interest)
    {
        interests.Remove(interest);
        interest.File.RemoveEpoll(this);
    }

    /// <summary>The file is closed by all who had it.</summary>
    public void Forget(OpenFile file) => interests.RemoveAll(interest => interest.File == file);

    /// <summary>ELOOP: the set would watch itself, or too many sets would watch each other (EP_MAX_NESTS).</summary>
    public bool MayWatch(OpenFile file)
    {
        const int MostNested = 4;
        return file is not EpollFile inner || (inner.Depth(this) is var below and >= 0 && below + Height() <= MostNested);
    }

    /// <summary>How many sets lie below it; -1: <paramref name="outer"/> is one of them.</summary>
    private int Depth(EpollFile outer)
    {
        int deepest = 0;
        foreach (Interest interest in interests)
        {
            if (interest.File is not EpollFile inner)
                continue;
            int below = inner == outer ? -1 : inner.Depth(outer);
            if (below < 0)
                return -1;
            deepest = System.Math.Max(deepest, below + 1);
        }
        return deepest;
    }

    /// <summary>How many sets lie above it, itself among them.</summary>
    private int Height()
    {
        int highest = 0;
        foreach (EpollFile above in Epolls)
            highest = System.Math.Max(highest, above.Height());
        return highest + 1;
    }

    /// <summary>Another look after a change of what is asked for.</summary>
    public void Renew(Interest interest)
    {
        interest.IsDisabled = false;
        interest.Told = interest.File.Queue.Changes - 1;
        Queue.WakeAll(Kernel);
    }

    /// <summary>How many are ready, as far as there is room to tell; edges and one-shots are used up.</summary>
    public int Take(Span<epoll_event> to)
    {
        int found = 0;
        for (int i = 0; i < interests.Count && found < to.Length; i++)
        {
            Interest interest = interests[i];
            uint ready = Ready(interest);
            if (ready == 0)
                continue;
            to[found++] = new epoll_event { events = ready, data = interest.Data };
            interest.Told = interest.File.Queue.Changes;
            interest.IsDisabled |= (interest.Events & OneShot) != 0;
        }
        // Fair to all: who was told goes to the end.
        if (found > 0 && found == to.Length && interests.Count > found)
        {
            interests.Reverse(0, found);
            interests.Reverse(found, interests.Count - found);
            interests.Reverse();
        }
        return found;
    }

    private static uint Ready(Interest interest)
    {
        if (interest.IsDisabled)
            return 0;
        if ((interest.Events & EdgeTriggered) != 0 && interest.Told == interest.File.Queue.Changes)
            return 0;
        return interest.File.Poll() & (interest.Events | Error | HangUp) & 0xffff;
    }

    /// <summary>Nothing to seek, and no error (noop_llseek).</summary>
    public override long Seek(long offset, int whence) => 0;

    public override uint Poll()
    {
        foreach (Interest interest in interests)
        {
            if (Ready(interest) != 0)
                return In;
        }
        return 0;
    }

    /// <summary>The task waits for all of them.</summary>
    public void WaitOnAll(GuestTask task)
    {
        foreach (Interest interest in interests)
        {
            if (interest.IsDisabled)
                continue;
            interest.File.Arm(interest.Events);
            interest.File.Queue.Add(task);
            if (interest.File is EpollFile inner)
                inner.WaitOnAll(task);
        }
        Queue.Add(task);
    }

    protected override void OnClose()
    {
        foreach (Interest interest in interests)
            interest.File.RemoveEpoll(this);
        interests.Clear();
    }
}
