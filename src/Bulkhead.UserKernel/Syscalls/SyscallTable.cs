using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>How much of a system call there is.</summary>
internal enum Support
{
    /// <summary>Not there: ENOSYS, as the table's note says where that is a decision.</summary>
    None,

    /// <summary>The note says what is missing. Which of these are full is for the tests to say (tests/UserKernel, ShownCalls).</summary>
    Partial,
}

/// <summary>One line of the dispatch table.</summary>
internal readonly unsafe struct SyscallEntry(string name, Support support, delegate*<GuestTask, long> call, string note)
{
    public string Name => name;

    public Support Support => support;

    public string Note => note;

    public bool Exists => call is not null;

    public long Call(GuestTask task) => call(task);
}

/// <summary>All x86-64 system calls: what is here, and what is missing of it. docs/compatibility-syscalls.md is made from it.</summary>
internal static unsafe partial class SyscallTable
{
    /// <summary>One more than the highest number.</summary>
    public const int Size = 463;

    private static readonly SyscallEntry[] Entries = Make();

    /// <summary>Calls that programs make all the time, and that have no fifth argument.</summary>
    private static readonly int[] Short =
    [
        SysNr.read, SysNr.write, SysNr.pread64, SysNr.pwrite64, SysNr.readv, SysNr.writev, SysNr.open, SysNr.close, SysNr.stat, SysNr.fstat, SysNr.lstat,
        SysNr.newfstatat, SysNr.openat, SysNr.access, SysNr.faccessat, SysNr.faccessat2, SysNr.readlink, SysNr.readlinkat, SysNr.lseek, SysNr.poll,
        SysNr.fcntl, SysNr.ioctl, SysNr.getdents64, SysNr.unlink, SysNr.unlinkat, SysNr.wait4, SysNr.kill, SysNr.getpgid, SysNr.pipe2, SysNr.dup2,
    ];

    private static readonly bool[] ShortByNumber = ByNumber(Short);

    private static bool[] ByNumber(int[] numbers)
    {
        bool[] table = new bool[Size];
        foreach (int nr in numbers)
            table[nr] = true;
        return table;
    }

    public static bool IsShort(int nr) => (uint)nr < (uint)ShortByNumber.Length && ShortByNumber[nr];

    public static SyscallEntry Entry(int nr) => Entries[nr];

    /// <summary>Runs the call that the task has in hand.</summary>
    public static long Call(GuestTask task)
    {
        if (task.Nr >= Size || !Entries[task.Nr].Exists)
            return Fail.ENOSYS;
        return Entries[task.Nr].Call(task);
    }

    /// <summary>What an interrupted wait returns: most calls may be run again (signal(7), "Interruption of system calls").</summary>
    public static long Interrupted(GuestTask task) => task.Nr switch
    {
        SysNr.nanosleep or SysNr.clock_nanosleep => TimeCalls.Remainder(task),
        SysNr.poll or SysNr.ppoll or SysNr.select or SysNr.pselect6 or SysNr.epoll_wait or SysNr.epoll_pwait or SysNr.epoll_pwait2 => PollCalls.Interrupted(task),
        // With SO_RCVTIMEO or SO_SNDTIMEO a wait is not begun again (signal(7)).
        SysNr.read or SysNr.readv or SysNr.recvfrom or SysNr.recvmsg or SysNr.recvmmsg or SysNr.accept or SysNr.accept4 when task.Deadline >= 0 => Fail.EINTR,
        SysNr.write or SysNr.writev or SysNr.sendto or SysNr.sendmsg or SysNr.sendmmsg or SysNr.connect when task.Deadline >= 0 => Fail.EINTR,
        SysNr.semop or SysNr.semtimedop or SysNr.msgsnd or SysNr.msgrcv => Fail.EINTR,
        SysNr.pause or SysNr.rt_sigsuspend or SysNr.rt_sigtimedwait or SysNr.io_getevents or SysNr.io_pgetevents => Fail.EINTR,
        _ => Fail.Restart,
    };
}
