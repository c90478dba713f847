using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>
/// What the kernel allocates for a system call, by allocations.c: the same program makes one kind of call N and 3 N times, and the kernel counts its bytes
/// (--count-allocations). All that is left between the two is what the calls took.
/// </summary>
public sealed class AllocationTests(AllocationTests.Place place) : IClassFixture<AllocationTests.Place>
{
    private const int Few = 1000, Many = 3 * Few, MostBytes = Few / 10;

    /// <summary>Of these calls each allocates today, and why. A name goes from here when its calls do not any more: the test says so.</summary>
    private static readonly Dictionary<string, string> s_allocating = new()
    {
        ["record_lock"] = "a range in the list of the inode's locks",
        ["getsockname"] = "address",
        ["udp_named"] = "address",
        ["mmap_shared"] = "an order for the gate, and a path of /proc",
    };

    public static TheoryData<string> Calls =>
    [
        "getpgid", "read_zero_1", "read_zero_4k", "read_zero_64k", "write_null_1", "write_null_4k", "write_null_64k",
        "read_file_1", "read_file_4k", "read_file_64k", "write_file_1", "write_file_4k", "write_file_64k",
        "pread_4k", "pread_64k", "pwrite_4k", "pwrite_64k", "readv", "writev", "preadv", "pwritev", "lseek", "fstat", "fcntl", "ftruncate",
        "dup_close", "dup2", "pipe_1", "pipe_4k", "pipe_64k", "eventfd", "poll", "poll_none", "poll_waits", "ppoll", "select", "pselect",
        "epoll_wait", "epoll_none", "epoll_change", "futex_owner", "kill_none", "kill_blocked", "signal_handled", "sigtimedwait_none",
        "sigtimedwait_waits", "nanosleep", "clock_nanosleep", "clock_gettime_cpu", "timer_settime", "timerfd_settime", "setitimer", "getdents64",
        "unix_1", "unix_4k", "unix_file", "unix_packet", "unix_message", "tcp_1", "tcp_4k", "udp_100", "getsockopt", "sched_getaffinity",
        "times", "getrusage", "getrusage_thread", "sysinfo", "uname", "umask", "getcwd", "getpriority", "prlimit", "getgroups", "wait_none",
        "mmap_shared", "newfstatat_empty", "statx_empty", "isatty", "fionread", "getrandom", "sigaltstack", "sigpending", "prctl_name", "sched_getparam",
        "epoll_waits", "fsync", "flock", "record_lock", "sendfile", "splice", "timerfd_read", "signalfd_read", "getsockname", "unix_none",
        "tcp_message", "udp_named", "stat", "open_close", "access", "readlink",
    ];

    [Fact]
    public void EveryCallOfTheProgramIsTried() =>
        Assert.Equal(Command.Run(place.Program).Ok().Split('\n'), Calls.Select(row => (string)row.Data));

    [Theory]
    [MemberData(nameof(Calls))]
    public void ASystemCallAllocatesNothing(string call)
    {
        (long bytes, string each) = Difference(call);
        if (s_allocating.TryGetValue(call, out string? reason))
            Assert.True(bytes >= MostBytes, $"{each}; it is to go from the list ({reason})");
        else
            Assert.True(Math.Abs(bytes) < MostBytes, each);
    }

    /// <summary>Containers have a profile: one that looks at an argument of read(2), and leaves out a call that the gate knows.</summary>
    [Theory]
    [InlineData("getpgid")]
    [InlineData("read_zero_1")]
    [InlineData("pipe_1")]
    [InlineData("poll")]
    [InlineData("signal_handled")]
    public void NorDoesItUnderAFilter(string call)
    {
        const uint Load = 0x20, IfEqual = 0x15, Return = 0x06, Allow = 0x7fff0000, NotThere = 0x50026, Descriptor = 16, FutexWaitv = 449;
        ulong[] filter =
        [
            Load, IfEqual | (1UL << 16) | ((ulong)FutexWaitv << 32), IfEqual | (1UL << 16) | (2UL << 24), Return | ((ulong)NotThere << 32),
            Load | ((ulong)Descriptor << 32), Return | ((ulong)Allow << 32),
        ];

        (long bytes, string each) = Difference(call, "--seccomp", Convert.ToBase64String(MemoryMarshal.AsBytes<ulong>(filter)));
        Assert.True(Math.Abs(bytes) < MostBytes, each);
    }

    private (long Bytes, string Each) Difference(string call, params string[] options)
    {
        (long fewBytes, long fewRequests) = place.Count(call, Few, options);
        (long manyBytes, long manyRequests) = place.Count(call, Many, options);
        Assert.True(manyRequests - fewRequests >= Many - Few, "the gate answers this by itself: nothing was counted");
        long bytes = manyBytes - fewBytes;
        return (bytes, string.Create(CultureInfo.InvariantCulture, $"{call}: {bytes} bytes for {Many - Few} more, {(double)bytes / (Many - Few):F2} each"));
    }

    /// <summary>A root with the program, and a kernel by hand for each run.</summary>
    public sealed class Place : IDisposable
    {
        private readonly TempFolder _folder = new("allocations");
        private readonly string _root;

        public Place()
        {
            _root = _folder.Make("root");
            foreach (string name in (string[])["bin", "tmp", "proc", "dev", "sys"])
                Directory.CreateDirectory(Path.Combine(_root, name));
            Command.Run("chmod", "755", _root).Ok();
            Command.Run("chmod", "1777", _root + "/tmp").Ok();
            Command.Run("gcc", "-O1", "-Wall", "-Werror", "-static", "-o", Program, Path.Combine(Repository.Root, "tests/UserKernel/allocations.c")).Ok();
        }

        public string Program => _root + "/bin/allocations";

        public (long Bytes, long Requests) Count(string call, int times, string[] options)
        {
            Outcome run = Command.Run(["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups", Path.Combine(Repository.Root, "out/bulkhead-kernel"),
                "--root", _root, "--exclusive", "/", "--count-allocations", "1", .. options, "--", "/bin/allocations", call, times.ToString(CultureInfo.InvariantCulture)]);
            run.Ok();
            Match counts = Regex.Match(run.Err, @"bulkhead-kernel: (\d+) bytes allocated, (\d+) requests");
            Assert.True(counts.Success, run.ToString());
            return (long.Parse(counts.Groups[1].Value, CultureInfo.InvariantCulture), long.Parse(counts.Groups[2].Value, CultureInfo.InvariantCulture));
        }

        public void Dispose() => _folder.Dispose();
    }
}
