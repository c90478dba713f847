using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

/// <summary>How a process ended: <see cref="Status"/> is its exit status, or 128 + the signal that killed it.</summary>
public readonly record struct ProcessExit(int Pid, int Status);

public static unsafe partial class Sys
{
    private const int SiginfoSize = 128;

    public static int GetPid() => (int)Raw(SysNr.getpid);

    /// <summary>capget(2) of the calling thread: the permitted set as a mask of capability numbers.</summary>
    public static ulong PermittedCapabilities()
    {
        const uint Version3 = 0x20080522;
        var header = new cap_user_header { version = Version3 };
        cap_user_data* data = stackalloc cap_user_data[2];
        return ToErrno(Raw(SysNr.capget, (nint)(&header), (nint)data)) == Errno.None ? data[0].permitted | ((ulong)data[1].permitted << 32) : 0;
    }

    public static uint GetEuid() => (uint)Raw(SysNr.geteuid);

    public static uint GetEgid() => (uint)Raw(SysNr.getegid);

    /// <summary>setfsuid(2) and setfsgid(2) of this thread. They tell no error.</summary>
    internal static void SetFileSystemIds(uint uid, uint gid)
    {
        Raw(SysNr.setfsgid, (nint)gid);
        Raw(SysNr.setfsuid, (nint)uid);
    }

    /// <summary>pidfd_open(2), Linux 5.3; close-on-exec by itself.</summary>
    public static Result<Fd> PidfdOpen(int pid) => ToFd(Raw(SysNr.pidfd_open, pid));

    /// <summary>
    /// ioctl PIDFD_GET_INFO of a pidfd, Linux 6.15: how a process ended that is no child of ours, once its parent has reaped it (POLLHUP).
    /// ENOTTY or ENODATA where the kernel does not tell.
    /// </summary>
    public static Result<int> PidfdExitStatus(Fd pidfd)
    {
        // struct pidfd_info, first version: u64 mask, u64 cgroupid, eleven u32 ids, s32 exit_code. _IOWR(0xff, 11, 64 bytes).
        const uint PidfdGetInfo = 0xC040FF0B;
        const ulong PidfdInfoExit = 8;
        ulong* info = stackalloc ulong[8];
        new Span<ulong>(info, 8).Clear();
        info[0] = PidfdInfoExit;
        Errno error = ToErrno(Raw(SysNr.ioctl, pidfd.Value, unchecked((nint)PidfdGetInfo), (nint)info));
        if (error != Errno.None)
            return error;
        if ((info[0] & PidfdInfoExit) == 0)
            return Errno.ENODATA;
        return ExitStatus((int)(info[7] >> 32));
    }

    /// <summary>From wait(2)'s form to a shell's.</summary>
    public static int ExitStatus(int status)
    {
        int signal = status & 0x7f;
        return signal != 0 ? 128 + signal : (status >> 8) & 0xff;
    }

    /// <summary>pidfd_send_signal(2): never hits a process that reused the pid. Signal 0 only asks whether it lives.</summary>
    public static Errno PidfdSendSignal(Fd pidfd, int signal) => ToErrno(Raw(SysNr.pidfd_send_signal, pidfd.Value, signal));

    /// <summary>pidfd_getfd(2), Linux 5.6: a duplicate of another process's descriptor, close-on-exec.</summary>
    public static Result<Fd> PidfdGetFd(Fd pidfd, int number) => ToFd(Raw(SysNr.pidfd_getfd, pidfd.Value, number, 0));

    public static Errno Kill(int pid, int signal) => ToErrno(Raw(SysNr.kill, pid, signal));

    /// <summary>waitid(2) for the end of a child; reaps it. ECHILD when it is no child of ours.</summary>
    public static Result<ProcessExit> WaitExit(Fd pidfd) => Wait(Signal.P_PIDFD, pidfd.Value, Signal.WEXITED);

    /// <summary>waitid(2) with its own id type and options; a result with pid 0 means that WNOHANG found none.</summary>
    public static Result<ProcessExit> Wait(int idType, int id, int options)
    {
        int* info = stackalloc int[SiginfoSize / sizeof(int)];
        new Span<int>(info, SiginfoSize / sizeof(int)).Clear();
        Errno error = ToErrno(Raw(SysNr.waitid, idType, id, (nint)info, options));
        if (error != Errno.None)
            return error;
        // siginfo_t of SIGCHLD on 64-bit: si_signo, si_errno, si_code, pad, si_pid, si_uid, si_status.
        int code = info[2], pid = info[4], status = info[6];
        return new ProcessExit(pid, code == Signal.CLD_EXITED ? status : 128 + status);
    }

    /// <summary>setns(2) of the calling thread.</summary>
    public static Errno SetNs(Fd fd, ulong type) => ToErrno(Raw(SysNr.setns, fd.Value, (nint)type));

    /// <summary>The CLONE_NEW* type of a namespace file, 0 when it is none (ioctl_ns(2)).</summary>
    public static ulong NamespaceType(Fd fd)
    {
        const int NsGetNstype = 0xb703;
        nint result = Raw(SysNr.ioctl, fd.Value, NsGetNstype);
        return ToErrno(result) == Errno.None ? (ulong)result : 0;
    }

    /// <summary>The namespace that a user or pid namespace was made in (NS_GET_PARENT, ioctl_ns(2)); EPERM when it is none of ours to see.</summary>
    public static Result<Fd> ParentNamespace(Fd fd)
    {
        const int NsGetParent = 0xb702;
        return ToFd(Raw(SysNr.ioctl, fd.Value, NsGetParent));
    }

    /// <summary>unshare(2) of the calling thread. CLONE_NEWUSER cannot work: a .NET process always has several threads (EINVAL).</summary>
    public static Errno Unshare(ulong flags) => ToErrno(Raw(SysNr.unshare, (nint)flags));

    public static Result<int> ProcessControl(int option, nint a = 0, nint b = 0, nint c = 0, nint d = 0) =>
        ToInt(Raw(SysNr.prctl, option, a, b, c, d));

    /// <summary>madvise(2).</summary>
    public static Errno Advise(nint address, nint length, int advice) => ToErrno(Raw(SysNr.madvise, address, length, advice));

    /// <summary>memfd_create(2), always close-on-exec; MFD_EXEC where the kernel knows it (6.3).</summary>
    public static Result<Fd> MemfdCreate(string name, uint flags, bool executable)
    {
        fixed (byte* p = Z(name))
        {
            uint exec = executable ? Memfd.MFD_EXEC : 0;
            Result<Fd> fd = ToFd(Raw(SysNr.memfd_create, (nint)p, (nint)(flags | Memfd.MFD_CLOEXEC | exec)));
            return fd.Error == Errno.EINVAL && executable
                ? ToFd(Raw(SysNr.memfd_create, (nint)p, (nint)(flags | Memfd.MFD_CLOEXEC)))
                : fd;
        }
    }

    /// <summary>A pair of connected AF_UNIX SOCK_SEQPACKET sockets: one write is one read.</summary>
    public static Result<(Fd First, Fd Second)> SocketPair()
    {
        const int AfUnix = 1, SeqPacketCloexec = 5 | Abi.Fcntl.O_CLOEXEC;
        int* fds = stackalloc int[2];
        Errno error = ToErrno(Raw(SysNr.socketpair, AfUnix, SeqPacketCloexec, 0, (nint)fds));
        return error == Errno.None ? (new Fd(fds[0]), new Fd(fds[1])) : error;
    }

    /// <summary>send(2) without SIGPIPE: EPIPE when the peer is gone.</summary>
    public static Errno Send(Fd socket, ReadOnlySpan<byte> bytes)
    {
        const int MsgNoSignal = 0x4000;
        fixed (byte* p = bytes)
            return ToErrno(Raw(SysNr.sendto, socket.Value, (nint)p, bytes.Length, MsgNoSignal));
    }
}
