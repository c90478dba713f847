using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Bulkhead.Linux.Seccomp;
using Bulkhead.TestSupport;
using Bulkhead.Workloads.Compose.Seccomp;

namespace Bulkhead.Profile;

/// <summary>The tables: whole, without contradiction, and what real programs use is in them.</summary>
public sealed class TableTests
{
    /// <summary>Recorded, refused, and why no program of the recordings minds: the same workloads pass under the profile.</summary>
    private static readonly Dictionary<string, string> s_doWithout = new()
    {
        ["chroot"] = "the recorder's own",
        ["clone3"] = "glibc falls back to clone",
        ["get_mempolicy"] = "libnuma takes one node",
        ["set_mempolicy"] = "libnuma takes one node",
        ["io_uring_setup"] = "MariaDB falls back to io_submit",
        ["io_uring_enter"] = "only with a ring",
        ["keyctl"] = "su's pam_keyinit passes over ENOSYS",
        ["pkey_alloc"] = "V8 goes on without",
        ["preadv2"] = "glibc falls back to preadv",
        ["pwritev2"] = "glibc falls back to pwritev",
        ["socket:AF_NETLINK:NETLINK_AUDIT"] = "su and groupadd go on without audit",
        ["socket:AF_NETLINK:NETLINK_SOCK_DIAG"] = "ss reads /proc/net",
    };

    private static readonly Filter s_default = new(DefaultProfile.Make([], []));

    [Fact]
    public void Every_call_of_the_kernel_is_either_allowed_or_refused_with_a_reason()
    {
        ProfileCall[] rows = [.. AllowedCalls.All, .. RefusedCalls.All];
        string[] names = rows.Select(row => row.Name).ToArray();
        Assert.Equal(names.Distinct().Count(), names.Length);
        Assert.Equal(362, Filter.Calls.Length);
        Assert.Empty(Filter.Calls.Except(names));
        Assert.All(rows, row => Assert.True(SeccompSyscalls.TryGetNumber(SeccompArch.X64, row.Name, out _) && row.Reason.Length > 0 && row.Group.Length > 0, row.Name));
        // Newer than the headers: up to the largest that the compiler's table knows.
        Assert.Equal(381, names.Length);
    }

    [Fact]
    public void The_filter_lets_through_what_the_table_says_and_nothing_else()
    {
        HashSet<string> allowed = [.. AllowedCalls.All.Select(row => row.Name)];
        foreach (ProfileCall row in AllowedCalls.All)
            Assert.True(s_default.Reaches(row.Name), row.Name);
        foreach (ProfileCall row in RefusedCalls.All)
        {
            Assert.False(s_default.Reaches(row.Name), row.Name);
            Assert.Equal(Filter.Errno(RefusedCalls.IsAbsent(row.Name) ? Linux.Errno.ENOSYS : Linux.Errno.EPERM), s_default.Verdict(row.Name));
        }
        Assert.All(ArgumentRules.All.SelectMany(rule => rule.Calls), call => Assert.Contains(call, allowed));
        Assert.Equal(Filter.Errno(Linux.Errno.ENOSYS), s_default.Verdict(Linux.Abi.Audit.AUDIT_ARCH_X86_64, 470));
    }

    [Fact]
    public void At_most_250_calls_of_362_are_reachable_and_fewer_than_by_Docker()
    {
        int ours = Filter.Calls.Count(s_default.Reaches);
        int theirs = Filter.Calls.Count(Filter.Docker().Reaches);
        TestContext.Current.SendDiagnosticMessage($"reachable: {ours} of {Filter.Calls.Length}, by Docker's {theirs}; {s_default.Length} instructions");
        Assert.InRange(ours, 200, 250);
        Assert.True(theirs - ours >= 40, $"{theirs} by Docker's, {ours} by ours");
    }

    [Fact]
    public void What_real_programs_used_is_allowed_or_done_without()
    {
        string[] files = Directory.GetFiles(Repository.Root + "/tests/Profile/Recorded");
        Assert.Equal(WorkloadTests.Names.Order(), files.Select(file => Path.GetFileNameWithoutExtension(file)!).Order());
        HashSet<string> used = [.. files.SelectMany(File.ReadLines).Where(line => !line.StartsWith('#'))];
        HashSet<string> calls = [.. AllowedCalls.All.Select(row => row.Name)], options = [.. PrctlOptions.All.Select(option => "prctl:" + option.Name)];
        Assert.InRange(used.Count(calls.Contains), 160, 250);
        string[] refused = used.Where(name => name.StartsWith("socket:", StringComparison.Ordinal) ? !SocketAllowed(name) : !calls.Contains(name) && !options.Contains(name)).ToArray();
        Assert.Equal(s_doWithout.Keys.Order(), refused.Order());
    }

    private static bool SocketAllowed(string name)
    {
        string[] parts = name.Split(':');
        ulong family = parts[1] switch { "AF_UNIX" => 1, "AF_INET" => 2, "AF_INET6" => 10, "AF_NETLINK" => 16, _ => 99 };
        ulong protocol = parts[2] switch
        {
            "0" or "IPPROTO_IP" or "NETLINK_ROUTE" => 0,
            "IPPROTO_ICMP" => 1,
            "IPPROTO_TCP" => 6,
            "IPPROTO_UDP" => 17,
            "IPPROTO_ICMPV6" => 58,
            "NETLINK_AUDIT" => 9,
            "NETLINK_SOCK_DIAG" => 4,
            _ => 99,
        };
        return s_default.Verdict("socket", family, 1, protocol) == Filter.Allow;
    }
}
