using Bulkhead.Linux.Abi;
using Bulkhead.Workloads.Compose.Seccomp;
using Errno = Bulkhead.Linux.Errno;

namespace Bulkhead.Profile;

/// <summary>The verdicts that depend on arguments, on capabilities, on the architecture.</summary>
public sealed class ArgumentTests
{
    private const ulong Garbage = 0xdeadbeef00000000;
    private static readonly Filter s_default = new(DefaultProfile.Make([], []));

    [Theory]
    [InlineData("clone", 0x003d0f00ul)] // a thread
    [InlineData("clone", 17ul)] // fork
    [InlineData("personality", 0ul)]
    [InlineData("personality", 0xfffffffful)]
    [InlineData("personality", ulong.MaxValue)]
    [InlineData("chmod", 0ul, 0x1fful)]
    [InlineData("chmod", 0ul, 0x3fful)] // sticky
    [InlineData("fchmod", 3ul, 0x1edul)]
    [InlineData("fchmodat", 3ul, 0ul, 0x1edul)]
    [InlineData("fchmodat2", 3ul, 0ul, 0x1edul)]
    [InlineData("open", 0ul, 0ul, 0xffful)] // without O_CREAT the mode is nobody's
    [InlineData("openat", 3ul, 0ul, 0x241ul, 0x1b6ul)]
    [InlineData("openat", 3ul, 0ul, 0x80000ul, 0xfffful)]
    [InlineData("mknod", 0ul, 0x11b6ul)] // fifo
    [InlineData("mknodat", 3ul, 0ul, 0xc1b6ul)] // socket
    [InlineData("mknodat", 3ul, 0ul, 0x81b6ul)]
    [InlineData("mknodat", 3ul, 0ul, 0x1b6ul)]
    [InlineData("ioctl", 0ul, 0x5401ul)]
    [InlineData("ioctl", 1ul, 0x5413ul)]
    [InlineData("ioctl", 1ul, 0xffffffff80086601ul)] // musl's int, sign-extended
    [InlineData("prctl", 15ul)]
    [InlineData("socket", 1ul, 1ul)]
    [InlineData("socket", 2ul, 0x80001ul, 6ul)]
    [InlineData("socket", 2ul, 2ul, 1ul)]
    [InlineData("socket", 10ul, 2ul, 58ul)]
    [InlineData("socket", 16ul, 3ul)]
    [InlineData("socketpair", 1ul)]
    public void Allowed(string call, params ulong[] arguments) => Assert.Equal(Filter.Allow, s_default.Verdict(call, arguments));

    [Theory]
    [InlineData("clone", Errno.EPERM, 0x10000011ul)] // CLONE_NEWUSER
    [InlineData("clone", Errno.EPERM, 0x00020011ul)] // CLONE_NEWNS
    [InlineData("clone", Errno.EPERM, Garbage | 0x40000011ul)] // CLONE_NEWNET
    [InlineData("clone3", Errno.ENOSYS)]
    [InlineData("openat2", Errno.ENOSYS)]
    [InlineData("io_uring_setup", Errno.ENOSYS)]
    [InlineData("unshare", Errno.EPERM)]
    [InlineData("ptrace", Errno.EPERM)]
    [InlineData("personality", Errno.EPERM, 0x400000ul)] // READ_IMPLIES_EXEC
    [InlineData("personality", Errno.EPERM, 0x40000ul)] // ADDR_NO_RANDOMIZE
    [InlineData("chmod", Errno.EPERM, 0ul, 0x9edul)] // 04755
    [InlineData("chmod", Errno.EPERM, 0ul, 0x5edul)] // 02755
    [InlineData("chmod", Errno.EPERM, 0ul, Garbage | 0x9edul)]
    [InlineData("fchmod", Errno.EPERM, 3ul, 0x9edul)]
    [InlineData("fchmodat", Errno.EPERM, 3ul, 0ul, 0x9edul)]
    [InlineData("fchmodat2", Errno.EPERM, 3ul, 0ul, 0x9edul)]
    [InlineData("creat", Errno.EPERM, 0ul, 0x9edul)]
    [InlineData("open", Errno.EPERM, 0ul, 0x41ul, 0x9edul)]
    [InlineData("open", Errno.EPERM, 0ul, 0x410002ul, 0x9edul)] // O_TMPFILE
    [InlineData("openat", Errno.EPERM, 3ul, 0ul, Garbage | 0x41ul, 0x9edul)]
    [InlineData("mknod", Errno.EPERM, 0ul, 0x21b6ul)] // character device
    [InlineData("mknodat", Errno.EPERM, 3ul, 0ul, 0x61b6ul)] // block device
    [InlineData("mknodat", Errno.EPERM, 3ul, 0ul, 0x89edul)] // setuid file
    [InlineData("ioctl", Errno.EIO, 0ul, 0x5412ul)] // TIOCSTI
    [InlineData("ioctl", Errno.EIO, 1ul, Garbage | 0x5412ul)]
    [InlineData("ioctl", Errno.ENOTTY, 1ul, 0x541cul)] // TIOCLINUX
    [InlineData("ioctl", Errno.ENOTTY, 0ul, Garbage | 0x541cul)]
    [InlineData("prctl", Errno.EPERM, 35ul)] // PR_SET_MM
    [InlineData("prctl", Errno.EPERM, 53ul)] // PR_SET_SPECULATION_CTRL
    [InlineData("socket", Errno.EAFNOSUPPORT, 38ul, 5ul)] // AF_ALG
    [InlineData("socket", Errno.EAFNOSUPPORT, 40ul, 1ul)] // AF_VSOCK
    [InlineData("socket", Errno.EAFNOSUPPORT, 17ul, 3ul)] // AF_PACKET
    [InlineData("socket", Errno.EPERM, 4ul, 1ul)] // AF_IPX
    [InlineData("socket", Errno.EPROTONOSUPPORT, 2ul, 1ul, 132ul)] // SCTP
    [InlineData("socket", Errno.EPROTONOSUPPORT, 2ul, 1ul, 262ul)] // MPTCP
    [InlineData("socket", Errno.EPROTONOSUPPORT, 10ul, 3ul, 255ul)]
    [InlineData("socket", Errno.EPROTONOSUPPORT, 16ul, 3ul, 9ul)] // NETLINK_AUDIT
    [InlineData("socket", Errno.EPROTONOSUPPORT, 16ul, 3ul, 12ul)] // NETLINK_NETFILTER
    [InlineData("socketpair", Errno.EPERM, 30ul)] // AF_TIPC
    public void Refused(string call, Errno errno, params ulong[] arguments) => Assert.Equal(Filter.Errno(errno), s_default.Verdict(call, arguments));

    [Fact]
    public void Foreign_architectures_are_killed_unless_i386_is_asked_for()
    {
        Assert.Equal(SeccompAbi.SECCOMP_RET_KILL_THREAD, s_default.Verdict(Audit.AUDIT_ARCH_I386, 20));
        Assert.Equal(SeccompAbi.SECCOMP_RET_KILL_THREAD, s_default.Verdict(Audit.AUDIT_ARCH_X86_64, SeccompAbi.X32_SYSCALL_BIT | 39));
        var i386 = new Filter(DefaultProfile.Make([], ["@i386"]));
        Assert.Equal(Filter.Allow, i386.Verdict(Audit.AUDIT_ARCH_I386, 20)); // getpid
        Assert.Equal(Filter.Allow, i386.Verdict(Audit.AUDIT_ARCH_I386, 192)); // mmap2
        Assert.Equal(Filter.Errno(Errno.EPERM), i386.Verdict(Audit.AUDIT_ARCH_I386, 26)); // ptrace
        Assert.Equal(Filter.Errno(Errno.EPERM), i386.Verdict(Audit.AUDIT_ARCH_I386, 102, 1)); // socketcall(SYS_SOCKET)
        Assert.Equal(Filter.Errno(Errno.EPERM), i386.Verdict(Audit.AUDIT_ARCH_I386, 15, 0, 0x9ed)); // chmod 04755
        Assert.Equal(SeccompAbi.SECCOMP_RET_KILL_THREAD, i386.Verdict(Audit.AUDIT_ARCH_X86_64, SeccompAbi.X32_SYSCALL_BIT | 39));
    }

    [Fact]
    public void Every_unlock_gives_its_calls_with_any_argument_and_no_other()
    {
        foreach (Unlock unlock in Unlocks.All)
        {
            if (unlock.Name == "@i386")
                continue;
            string[] caps = unlock.Name[0] == '@' ? [] : [unlock.Name], words = unlock.Name[0] == '@' ? [unlock.Name] : [];
            var filter = new Filter(DefaultProfile.Make(caps, words));
            ulong[] odd = [0x7e020000 | 0x9ed, 0x69ed, 0x69ed, 0x69ed];
            Assert.All(unlock.Calls, call => Assert.Equal(Filter.Allow, filter.Verdict(call, odd)));
            Assert.All(RefusedCalls.All, call => Assert.Equal(System.Array.IndexOf(unlock.Calls, call.Name) >= 0, filter.Reaches(call.Name)));
        }
        Assert.Equal(Filter.Allow, new Filter(DefaultProfile.Make([], ["ptrace"])).Verdict("ptrace"));
    }

    [Fact]
    public void Device_nodes_come_with_their_capability_and_setuid_bits_do_not()
    {
        var filter = new Filter(DefaultProfile.Make(["CAP_MKNOD"], []));
        Assert.NotEqual(Filter.Allow, s_default.Verdict("mknod", 0, 0x21b6)); // S_IFCHR | 0666
        Assert.Equal(Filter.Allow, filter.Verdict("mknod", 0, 0x21b6));
        Assert.Equal(Filter.Allow, filter.Verdict("mknodat", 0, 0, 0x61b6)); // S_IFBLK | 0666
        Assert.Equal(Filter.Errno(Errno.EPERM), filter.Verdict("mknod", 0, 0x89ed)); // S_IFREG | 04755
        Assert.Equal(Filter.Errno(Errno.EPERM), filter.Verdict("mknodat", 0, 0, 0x85ed)); // S_IFREG | 02755
    }

    [Theory]
    [InlineData("CAP_NET_RAW", 17ul, 3ul, 3ul)]
    [InlineData("CAP_NET_RAW", 2ul, 3ul, 255ul)]
    [InlineData("CAP_NET_RAW", 10ul, 0x80003ul, 89ul)]
    [InlineData("CAP_NET_ADMIN", 16ul, 3ul, 12ul)]
    [InlineData("CAP_AUDIT_WRITE", 16ul, 3ul, 9ul)]
    public void Capabilities_open_sockets(string capability, params ulong[] arguments)
    {
        var filter = new Filter(DefaultProfile.Make([capability], []));
        Assert.NotEqual(Filter.Allow, s_default.Verdict("socket", arguments));
        Assert.Equal(Filter.Allow, filter.Verdict("socket", arguments));
        Assert.Equal(Filter.Errno(Errno.EAFNOSUPPORT), filter.Verdict("socket", 40, 1));
        Assert.Equal(capability == "CAP_NET_ADMIN" ? Filter.Allow : Filter.Errno(Errno.EPROTONOSUPPORT), filter.Verdict("socket", 16, 3, 21)); // NETLINK_CRYPTO
    }
}
