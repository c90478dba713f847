using System;
using System.Globalization;
using Bulkhead.UserKernel.Host;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>/proc/sys (proc_sys(5)): what programs look for, mounted for reading as in other containers.</summary>
internal static class ControlTree
{
    private static readonly string BootId = HostRandom.Uuid();

    private static readonly (string Path, string Text)[] Constants =
    [
        ("kernel/ostype", KernelName.System), ("kernel/osrelease", KernelName.Release), ("kernel/version", KernelName.Version), ("kernel/arch", KernelName.Machine),
        ("kernel/pid_max", "32768"), ("kernel/threads-max", "32768"), ("kernel/cap_last_cap", "40"), ("kernel/ngroups_max", "65536"),
        ("kernel/overflowuid", "65534"), ("kernel/overflowgid", "65534"), ("kernel/core_pattern", "core"), ("kernel/core_uses_pid", "0"), ("kernel/core_pipe_limit", "0"),
        ("kernel/randomize_va_space", "2"), ("kernel/kptr_restrict", "1"), ("kernel/dmesg_restrict", "1"), ("kernel/perf_event_paranoid", "4"),
        ("kernel/unprivileged_bpf_disabled", "2"), ("kernel/panic", "0"), ("kernel/panic_on_oops", "0"), ("kernel/printk", "4\t4\t1\t7"), ("kernel/sched_rt_period_us", "1000000"),
        ("kernel/sched_rt_runtime_us", "950000"), ("kernel/sched_rr_timeslice_ms", "100"), ("kernel/sched_autogroup_enabled", "0"), ("kernel/tainted", "0"), ("kernel/sysctl_writes_strict", "1"),
        ("kernel/shmmax", "18446744073692774399"), ("kernel/shmall", "18446744073692774399"), ("kernel/shmmni", "4096"), ("kernel/sem", "32000\t131072000\t500\t4096"),
        ("kernel/msgmax", "8192"), ("kernel/msgmnb", "16384"), ("kernel/msgmni", "4096"), ("kernel/io_uring_disabled", "2"), ("kernel/numa_balancing", "0"),
        ("kernel/seccomp/actions_avail", "kill_process kill_thread trap errno trace log allow"), ("kernel/seccomp/actions_logged", "kill_process kill_thread trap errno trace log"),
        ("kernel/random/boot_id", BootId), ("kernel/random/entropy_avail", "256"), ("kernel/random/poolsize", "256"), ("kernel/random/write_wakeup_threshold", "256"), ("kernel/random/urandom_min_reseed_secs", "60"),
        ("kernel/pty/max", "4096"), ("kernel/pty/nr", "0"), ("kernel/pty/reserve", "1024"), ("kernel/keys/maxkeys", "200"), ("kernel/keys/maxbytes", "20000"),
        ("vm/overcommit_memory", "1"), ("vm/overcommit_ratio", "50"), ("vm/overcommit_kbytes", "0"), ("vm/max_map_count", "65530"), ("vm/mmap_min_addr", "65536"), ("vm/swappiness", "60"),
        ("vm/nr_hugepages", "0"), ("vm/min_free_kbytes", "67584"), ("vm/dirty_ratio", "20"), ("vm/dirty_background_ratio", "10"), ("vm/vfs_cache_pressure", "100"), ("vm/panic_on_oom", "0"),
        ("vm/oom_kill_allocating_task", "0"), ("vm/zone_reclaim_mode", "0"), ("vm/page-cluster", "3"), ("vm/legacy_va_layout", "0"), ("vm/unprivileged_userfaultfd", "0"), ("vm/mmap_rnd_bits", "28"),
        ("fs/file-max", "1048576"), ("fs/nr_open", "1048576"), ("fs/pipe-max-size", "1048576"), ("fs/pipe-user-pages-hard", "0"), ("fs/pipe-user-pages-soft", "16384"), ("fs/file-nr", "0\t0\t1048576"),
        ("fs/inode-nr", "0\t0"), ("fs/inode-state", "0\t0\t0\t0\t0\t0\t0"), ("fs/dentry-state", "0\t0\t45\t0\t0\t0"), ("fs/aio-max-nr", "65536"), ("fs/aio-nr", "0"), ("fs/mount-max", "100000"),
        ("fs/lease-break-time", "45"), ("fs/leases-enable", "1"), ("fs/suid_dumpable", "0"), ("fs/protected_hardlinks", "1"), ("fs/protected_symlinks", "1"), ("fs/protected_fifos", "1"), ("fs/protected_regular", "2"),
        ("fs/overflowuid", "65534"), ("fs/overflowgid", "65534"), ("fs/inotify/max_user_instances", "512"), ("fs/inotify/max_user_watches", "65536"), ("fs/inotify/max_queued_events", "16384"),
        ("fs/epoll/max_user_watches", "1048576"), ("fs/mqueue/msg_max", "10"), ("fs/mqueue/msgsize_max", "8192"), ("fs/mqueue/queues_max", "256"), ("fs/mqueue/msg_default", "10"), ("fs/mqueue/msgsize_default", "8192"),
        ("net/core/somaxconn", "4096"), ("net/core/rmem_default", "212992"), ("net/core/rmem_max", "212992"), ("net/core/wmem_default", "212992"), ("net/core/wmem_max", "212992"), ("net/core/netdev_max_backlog", "1000"), ("net/core/optmem_max", "131072"),
        ("net/ipv4/ip_local_port_range", "32768\t60999"), ("net/ipv4/ip_forward", "0"), ("net/ipv4/ip_default_ttl", "64"), ("net/ipv4/ip_unprivileged_port_start", "1024"), ("net/ipv4/ip_nonlocal_bind", "0"), ("net/ipv4/ping_group_range", "1\t0"),
        ("net/ipv4/tcp_fin_timeout", "60"), ("net/ipv4/tcp_keepalive_time", "7200"), ("net/ipv4/tcp_keepalive_intvl", "75"), ("net/ipv4/tcp_keepalive_probes", "9"), ("net/ipv4/tcp_max_syn_backlog", "1024"), ("net/ipv4/tcp_syncookies", "1"),
        ("net/ipv4/tcp_tw_reuse", "2"), ("net/ipv4/tcp_rmem", "4096\t131072\t6291456"), ("net/ipv4/tcp_wmem", "4096\t16384\t4194304"), ("net/ipv4/tcp_congestion_control", "cubic"), ("net/ipv4/tcp_available_congestion_control", "reno cubic"), ("net/ipv4/tcp_fastopen", "1"), ("net/ipv4/tcp_sack", "1"),
        ("net/ipv6/conf/all/disable_ipv6", "0"), ("net/ipv6/conf/default/disable_ipv6", "0"), ("net/ipv6/bindv6only", "0"), ("net/unix/max_dgram_qlen", "512"),
    ];

    /// <summary>Values that the sandbox was given stand in place of the usual ones; the tier lets only those come that have their effect here.</summary>
    public static DirectoryNode Make(Kernel kernel)
    {
        var tree = new DirectoryNode();
        foreach ((string path, string text) in Constants)
            Add(tree, path, ReadOnly(Array.Find(kernel.Options.Sysctls, pair => pair.Path == path).Value ?? text));
        Add(tree, "kernel/domainname", new TextNode(task => task.Kernel.Domainname + "\n") { IsReadOnly = true });
        Add(tree, "kernel/hostname", new TextNode(task => task.Kernel.Hostname + "\n") { IsReadOnly = true });
        Add(tree, "kernel/random/uuid", new TextNode(_ => HostRandom.Uuid() + "\n") { IsReadOnly = true });
        Add(tree, "kernel/ns_last_pid", new TextNode(task => task.Process.Pid.ToString(CultureInfo.InvariantCulture) + "\n") { IsReadOnly = true });
        return tree;
    }

    private static TextNode ReadOnly(string text) => new(_ => text + "\n", 0x1A4) { IsReadOnly = true };

    /// <summary>Directories on the way are made.</summary>
    public static void Add(DirectoryNode tree, string path, Node node)
    {
        string[] parts = path.Split('/');
        for (int i = 0; i < parts.Length - 1; i++)
            tree = tree.Sub(parts[i]);
        tree.Add(parts[^1], node);
    }
}
