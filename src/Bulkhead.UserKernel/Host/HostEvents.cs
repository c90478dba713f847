using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Time;

namespace Bulkhead.UserKernel.Host;

/// <summary>What the kernel process waits for and wakes: epoll, futex, children, signals to threads of cells.</summary>
internal static unsafe class HostEvents
{
    public const uint In = 1, Out = 4, Error = 8, HangUp = 16, OneShot = 1u << 30, EdgeTriggered = 1u << 31;
    public const int Add = 1, Remove = 2, Modify = 3;
    private const int FutexWakeCode = 1, SockSeqpacket = 5, SolSocket = 1, SoPasscred = 16, ScmCredentials = 2;

    public static Fd CreateEpoll() => new((int)Sys.Direct(SysNr.epoll_create1, Fcntl.O_CLOEXEC));

    public static long Control(Fd epoll, int operation, int fd, uint events, ulong data)
    {
        var wanted = new epoll_event { events = events, data = data };
        return Sys.Direct(SysNr.epoll_ctl, epoll.Value, operation, fd, (nint)(&wanted));
    }

    /// <summary>epoll_pwait2(2): the count; <paramref name="nanoseconds"/> below 0: for ever.</summary>
    public static int Wait(Fd epoll, Span<epoll_event> events, long nanoseconds)
    {
        long* time = stackalloc long[] { nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000 };
        fixed (epoll_event* p = events)
            return (int)Sys.Direct(SysNr.epoll_pwait2, epoll.Value, (nint)p, events.Length, nanoseconds < 0 ? 0 : (nint)time, 0, 8);
    }

    /// <summary>
    /// Turns of 0.1 ms for this process and all that it makes (sched(7), SCHED_OTHER with sched_runtime, Linux 6.12): the kernel and its guests
    /// hand over to each other all the time, and beside other programs each hand-over waits for somebody's turn to end. Shares stay what they are.
    /// Older hosts take no notice.
    /// </summary>
    public static void TakeShortTurns()
    {
        const ulong Turn = 100_000;
        var attributes = new sched_attr { size = (uint)sizeof(sched_attr) };
        if (Sys.Direct(SysNr.sched_getattr, 0, (nint)(&attributes), sizeof(sched_attr), 0) < 0)
            return;
        attributes.sched_runtime = Turn;
        Sys.Direct(SysNr.sched_setattr, 0, (nint)(&attributes), 0);
    }

    /// <summary>sched_yield(2).</summary>
    public static void Yield() => Sys.Direct(SysNr.sched_yield);

    public static void FutexWake(uint* word) => Sys.Direct(SysNr.futex, (nint)word, FutexWakeCode, 1);

    /// <summary>tgkill(2).</summary>
    public static long SignalThread(int process, int thread, int signal) => Sys.Direct(SysNr.tgkill, process, thread, signal);

    public static long Kill(int process, int signal) => Sys.Direct(SysNr.kill, process, signal);

    /// <summary>wait4(2) for a child (-1: any) that has ended: its pid, status and what it used; 0 when there is none.</summary>
    public static int Reap(int child, out int status, out Usage used)
    {
        const long Second = 1_000_000_000, Microsecond = 1000;
        int word = 0;
        long* rusage = stackalloc long[18];
        int pid = (int)Sys.Direct(SysNr.wait4, child, (nint)(&word), 1 | Signal.__WALL, (nint)rusage);
        status = word;
        used = pid <= 0 ? default : new Usage
        {
            User = (rusage[0] * Second) + (rusage[1] * Microsecond),
            System = (rusage[2] * Second) + (rusage[3] * Microsecond),
            ResidentKib = rusage[4],
            MinorFaults = rusage[8],
            MajorFaults = rusage[9],
        };
        return pid > 0 ? pid : 0;
    }

    /// <summary>clock_gettime(2) in nanoseconds; the monotonic clock by the vDSO.</summary>
    public static long Now(int clock)
    {
        if (clock == 1)
            return System.Diagnostics.Stopwatch.GetTimestamp();
        long* time = stackalloc long[2];
        return Sys.Direct(SysNr.clock_gettime, clock, (nint)time) < 0 ? 0 : (time[0] * 1_000_000_000) + time[1];
    }

    /// <summary>A pipe in which each of these signals becomes a byte, whichever thread gets it. What was sent since the program's start has waited, blocked.</summary>
    public static Fd CatchSignals(ReadOnlySpan<int> signals)
    {
        const int Unblock = 1;
        ulong set = 0;
        foreach (int signal in signals)
            set |= 1UL << (signal - 1);
        Errno error = Sys.Pipe(out Fd read, out Fd write, Fcntl.O_NONBLOCK);
        if (error == Errno.None)
            error = Sys.CatchSignals(set, write);
        if (error != Errno.None)
            throw new StepException("catch signals", error);
        keptPipe = write;
        Sys.Direct(SysNr.rt_sigprocmask, Unblock, (nint)(&set), 0, 8);
        return read;
    }

    /// <summary>Its number is known to the native handler.</summary>
    private static Fd? keptPipe;

    /// <summary>seccomp(2) for all threads of this process; no_new_privs must be set.</summary>
    public static Errno InstallFilter(ReadOnlySpan<byte> filter)
    {
        const int SetFilter = 1, AllThreads = 1;
        fixed (byte* p = filter)
        {
            var program = new sock_fprog { len = (ushort)(filter.Length / sizeof(sock_filter)), filter = (nint)p };
            nint result = Sys.Direct(SysNr.seccomp, SetFilter, AllThreads, (nint)(&program));
            return result == 0 ? Errno.None : result < 0 ? (Errno)(-(int)result) : Errno.ESRCH;
        }
    }

    /// <summary>As many descriptors as the hard limit allows: a socket and a channel for each of the guest's processes, besides its files.</summary>
    public static void RaiseFileLimit()
    {
        const int Files = 7;
        ulong* pair = stackalloc ulong[2];
        if (Sys.Direct(SysNr.prlimit64, 0, Files, 0, (nint)pair) < 0)
            return;
        pair[0] = pair[1];
        Sys.Direct(SysNr.prlimit64, 0, Files, (nint)pair, 0);
        FileLimit = pair[1];
    }

    /// <summary>How many descriptors this process may have.</summary>
    public static ulong FileLimit { get; private set; } = 1024;

    /// <summary>prlimit(2) of a cell: the soft limit. The hard one stays, so that the guest's kernel may raise it again.</summary>
    public static void SetLimit(int process, int resource, ulong soft)
    {
        rlimit64 limit = default;
        if (Sys.Direct(SysNr.prlimit64, process, resource, 0, (nint)(&limit)) < 0)
            return;
        limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
        Sys.Direct(SysNr.prlimit64, process, resource, (nint)(&limit), 0);
    }

    public static long PollOne(int fd, short events)
    {
        var entry = new pollfd { fd = fd, events = events };
        long* noTime = stackalloc long[] { 0, 0 };
        nint count = Sys.Direct(SysNr.ppoll, (nint)(&entry), 1, (nint)noTime, 0, 0);
        return count <= 0 ? 0 : entry.revents;
    }

    /// <summary>ppoll(2) for ever: the count, or -EINTR.</summary>
    public static long PollForEver(Span<pollfd> fds)
    {
        fixed (pollfd* p = fds)
            return Sys.Direct(SysNr.ppoll, (nint)p, fds.Length, 0, 0, 0);
    }

    /// <summary>A socket that tells with each message which process sent it (unix(7), SCM_CREDENTIALS).</summary>
    public static (Fd Ours, Fd Theirs) CellSockets()
    {
        int* pair = stackalloc int[2];
        if (Sys.Direct(SysNr.socketpair, 1, SockSeqpacket | Fcntl.O_CLOEXEC, 0, (nint)pair) < 0)
            return (new Fd(-1), new Fd(-1));
        int one = 1;
        Sys.Direct(SysNr.setsockopt, pair[0], SolSocket, SoPasscred, (nint)(&one), sizeof(int));
        return (new Fd(pair[0]), new Fd(pair[1]));
    }

    /// <summary>recvmsg(2) without waiting: the length, and the sender's pid as the host's kernel knows it.</summary>
    public static long Receive(Fd socket, Span<byte> data, out int sender)
    {
        byte* control = stackalloc byte[64];
        fixed (byte* p = data)
        {
            var vector = new iovec { iov_base = p, iov_len = (nuint)data.Length };
            var message = new msghdr { msg_iov = &vector, msg_iovlen = 1, msg_control = control, msg_controllen = 64 };
            long length = Sys.Direct(SysNr.recvmsg, socket.Value, (nint)(&message), 0x40 | 0x40000000); // MSG_DONTWAIT, MSG_CMSG_CLOEXEC
            var header = (cmsghdr*)control;
            bool told = length > 0 && message.msg_controllen >= (nuint)(sizeof(cmsghdr) + sizeof(int))
                && header->cmsg_level == SolSocket && header->cmsg_type == ScmCredentials;
            sender = told ? *(int*)(control + sizeof(cmsghdr)) : 0;
            return length;
        }
    }

    /// <summary>recvmsg(2) without waiting, with at most as many descriptors as <paramref name="fds"/> holds: their count.</summary>
    public static int ReceiveFiles(Fd socket, Span<int> fds)
    {
        const int Most = 8;
        byte* control = stackalloc byte[sizeof(cmsghdr) + (Most * sizeof(int))];
        byte data;
        var vector = new iovec { iov_base = &data, iov_len = 1 };
        var message = new msghdr { msg_iov = &vector, msg_iovlen = 1, msg_control = control, msg_controllen = (nuint)(sizeof(cmsghdr) + (fds.Length * sizeof(int))) };
        long length = Sys.Direct(SysNr.recvmsg, socket.Value, (nint)(&message), 0x40 | Socket.MSG_CMSG_CLOEXEC); // MSG_DONTWAIT
        var header = (cmsghdr*)control;
        if (length <= 0 || message.msg_controllen < (nuint)sizeof(cmsghdr) || header->cmsg_level != SolSocket || header->cmsg_type != Socket.SCM_RIGHTS)
            return 0;
        int count = (int)((header->cmsg_len - (nuint)sizeof(cmsghdr)) / sizeof(int));
        new ReadOnlySpan<int>(control + sizeof(cmsghdr), count).CopyTo(fds);
        return count;
    }

    /// <summary>sendmsg(2) of one byte with all of <paramref name="fds"/>.</summary>
    public static long SendFiles(Fd socket, ReadOnlySpan<int> fds)
    {
        const int Most = 8;
        byte* control = stackalloc byte[sizeof(cmsghdr) + (Most * sizeof(int))];
        var header = (cmsghdr*)control;
        header->cmsg_len = (nuint)(sizeof(cmsghdr) + (fds.Length * sizeof(int)));
        header->cmsg_level = SolSocket;
        header->cmsg_type = Socket.SCM_RIGHTS;
        fds.CopyTo(new Span<int>(control + sizeof(cmsghdr), Most));
        byte data = 0;
        var vector = new iovec { iov_base = &data, iov_len = 1 };
        var message = new msghdr { msg_iov = &vector, msg_iovlen = 1, msg_control = control, msg_controllen = header->cmsg_len };
        return Sys.Direct(SysNr.sendmsg, socket.Value, (nint)(&message), Socket.MSG_NOSIGNAL);
    }

    /// <summary>sendmsg(2) of <paramref name="data"/> with one or two descriptors.</summary>
    public static long Send(Fd socket, ReadOnlySpan<byte> data, int first, int second = -1)
    {
        byte* control = stackalloc byte[32];
        var header = (cmsghdr*)control;
        int count = (first >= 0 ? 1 : 0) + (second >= 0 ? 1 : 0);
        header->cmsg_len = (nuint)(sizeof(cmsghdr) + (count * sizeof(int)));
        header->cmsg_level = SolSocket;
        header->cmsg_type = Socket.SCM_RIGHTS;
        ((int*)(control + sizeof(cmsghdr)))[0] = first;
        ((int*)(control + sizeof(cmsghdr)))[1] = second;
        fixed (byte* p = data)
        {
            var vector = new iovec { iov_base = p, iov_len = (nuint)data.Length };
            var message = new msghdr { msg_iov = &vector, msg_iovlen = 1, msg_control = count == 0 ? null : control, msg_controllen = count == 0 ? 0 : header->cmsg_len };
            return Sys.Direct(SysNr.sendmsg, socket.Value, (nint)(&message), Socket.MSG_NOSIGNAL | 0x40);
        }
    }
}
