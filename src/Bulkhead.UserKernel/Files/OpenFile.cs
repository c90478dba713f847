using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files;

/// <summary>An open file description. Its methods never wait: EAGAIN says that <see cref="Queue"/> will tell.</summary>
internal abstract unsafe class OpenFile(Kernel kernel)
{
    public const uint In = 1, Priority = 2, Out = 4, Error = 8, HangUp = 0x10, ReadHangUp = 0x2000;
    private int references = 1;
    private List<EpollFile>? epolls;

    public Kernel Kernel { get; } = kernel;

    /// <summary>O_* of open(2) as fcntl(F_GETFL) gives them.</summary>
    public int Flags { get; set; }

    public long Position { get; set; }

    public virtual WaitQueue Queue { get; protected init; } = new();

    public bool IsNonBlocking => (Flags & Fcntl.O_NONBLOCK) != 0;

    public bool CanRead => (Flags & 3) is Fcntl.O_RDONLY or Fcntl.O_RDWR;

    public bool CanWrite => (Flags & 3) is Fcntl.O_WRONLY or Fcntl.O_RDWR;

    /// <summary>Who gets signals about it; null: nobody ever asked.</summary>
    public AsyncOwner? Owner { get; set; }

    /// <summary>It has no position: pread and lseek fail with ESPIPE.</summary>
    public virtual bool IsStream => true;

    /// <summary>The host's descriptor behind it, for mmap and for calls that pass on; -1: none.</summary>
    public virtual int HostFd => -1;

    /// <summary>Where it was opened, as /proc/PID/fd shows it.</summary>
    public virtual string Name => "anon_inode:[file]";

    /// <summary>The kernel's own node that was opened, where that can be changed; null: none.</summary>
    public virtual Node? Changeable => null;

    /// <summary>Of a directory: how many changes of the tree the two below take into account.</summary>
    public long SeenChanges { get; set; }

    /// <summary>Its name after those changes; null: <see cref="Name"/> still.</summary>
    public string? CurrentName { get; set; }

    public bool IsRemoved { get; set; }

    /// <summary>Of a directory: its entry, as of so many directories that were forgotten, when it had this name.</summary>
    public Vfs.Names.Entry? Entry { get; set; }

    public long EntryTurn { get; set; }

    public string? EntryName { get; set; }

    /// <summary>The locks of its inode; null: nobody asked for them by this open file.</summary>
    public Locks.FileLocks? Locks { get; set; }

    public int References => references;

    public OpenFile Share()
    {
        references++;
        return this;
    }

    public void Release()
    {
        if (--references > 0)
            return;
        foreach (EpollFile epoll in epolls ?? [])
            epoll.Forget(this);
        epolls = null;
        Owner?.Switch(false, -1);
        if (Locks is not null)
            Kernel.Locks.Closed(this);
        OnClose();
    }

    /// <summary>It watches this file until the last reference has gone (epoll(7), "Questions and answers").</summary>
    public void AddEpoll(EpollFile epoll) => (epolls ??= []).Add(epoll);

    protected IReadOnlyList<EpollFile> Epolls => epolls ?? [];

    public void RemoveEpoll(EpollFile epoll) => epolls?.Remove(epoll);

    /// <summary>0: go on. Job control: a terminal may refuse, or stop who asks, before anything is moved.</summary>
    public virtual long Guard(GuestTask task, bool write) => 0;

    /// <summary>A file whose reads wait for more than their first byte reads by itself. False: it is none.</summary>
    public virtual bool TryRead(GuestTask task, ulong address, long count, out long result)
    {
        result = 0;
        return false;
    }

    public virtual long Read(byte* to, long count, long offset) => Fail.EINVAL;

    public virtual long Write(byte* from, long count, long offset) => Fail.EINVAL;

    public virtual long Seek(long offset, int whence) => Fail.ESPIPE;

    /// <summary>POLL* that hold now.</summary>
    public virtual uint Poll() => In | Out;

    /// <summary>Somebody is about to wait on <see cref="Queue"/> for these events.</summary>
    public virtual void Arm(uint events)
    {
    }

    public virtual long Control(GuestTask task, uint command, ulong argument) => Fail.ENOTTY;

    public abstract long Stat(out stat status);

    public virtual long Truncate(long size) => Fail.EINVAL;

    /// <summary>getdents64(2) into <paramref name="to"/>.</summary>
    public virtual long ReadDirectory(byte* to, long count) => Fail.ENOTDIR;

    /// <summary>A descriptor of the running task is closed, others may stay.</summary>
    public virtual void DescriptorClosed()
    {
    }

    protected virtual void OnClose()
    {
    }
}
