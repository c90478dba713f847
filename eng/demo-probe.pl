# Runs inside a container (perl-base is part of every Debian root) and prints what it is, what it sees, and what it is
# refused, as lines KIND, tab, NAME, tab, VALUE. Each refusal is judged here: "refused" lines end with the errno's text, "OPEN" lines
# are doors that opened or failed for another reason than a refusal. Probes do nothing behind a door.
# Arguments: a process id of the host, which must not be reachable.
use strict;
use warnings;
use Errno;
use Fcntl;
use POSIX ();

my $host_pid = shift // 1;
$| = 1;

sub say_line { print join("\t", @_), "\n" }

sub slurp {
    my ($path) = @_;
    open(my $file, '<', $path) or return '';
    local $/;
    my $text = <$file> // '';
    chomp $text;
    return $text;
}

my @capabilities = qw(CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
    NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT
    SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG
    WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE);

sub capability_names {
    my $mask = hex shift;
    my @names = map { $capabilities[$_] } grep { $mask >> $_ & 1 } 0 .. $#capabilities;
    return @names ? "@names" : 'none';
}

my $status = slurp('/proc/self/status');
sub field { my ($name) = @_; return $status =~ /^$name:[ \t]*(.*?)[ \t]*$/m ? $1 : '' }

sub show_identity {
    my ($system, $node, $release, undef, $machine) = POSIX::uname();
    my ($pretty) = slurp('/etc/os-release') =~ /^PRETTY_NAME="?([^"\n]*)/m;
    say_line('is', 'os', $pretty);
    say_line('is', 'kernel', "$system $release $machine");
    say_line('is', 'hostname', $node);
    say_line('is', 'pid', $$);
    my @pids = sort { $a <=> $b } grep { /^\d+$/ } map { s{.*/}{}r } glob '/proc/[0-9]*';
    say_line('is', 'processes', join(', ', map { "$_ " . slurp("/proc/$_/comm") } @pids));
    say_line('is', 'user', "uid $< gid " . ($( =~ s/ .*//r) . ' groups ' . (field('Groups') || 'none'));
    say_line('is', 'id map', slurp('/proc/self/uid_map') =~ s/\s+/ /gr =~ s/^ | $//gr);
    say_line('ns', $_, readlink("/proc/self/ns/$_") // 'none') for qw(cgroup ipc mnt net pid time user uts);
}

sub limit {
    for my $path (@_) {
        my $text = slurp($path);
        return $text if length $text;
    }
    return 'not visible';
}

sub show_view {
    for my $line (split /\n/, slurp('/proc/self/mountinfo')) {
        my ($left, $right) = split / - /, $line;
        my ($point, $options) = (split / /, $left)[4, 5];
        my ($type) = split / /, $right;
        say_line('mount', $point, "$type $options");
    }
    say_line('sees', 'memory limit', limit('/sys/fs/cgroup/memory/memory.limit_in_bytes', '/sys/fs/cgroup/memory.max'));
    say_line('sees', 'pids limit', limit('/sys/fs/cgroup/pids/pids.max', '/sys/fs/cgroup/pids.max'));
    my $quota = limit('/sys/fs/cgroup/cpu/cpu.cfs_quota_us', '/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us', '/sys/fs/cgroup/cpu.max');
    say_line('sees', 'cpu quota', $quota =~ s/ .*//r);
    say_line('sees', 'capabilities', capability_names(field('CapEff')));
    say_line('sees', 'bounding set', capability_names(field('CapBnd')));
    say_line('sees', 'no_new_privs', field('NoNewPrivs'));
    say_line('sees', 'seccomp', field('Seccomp') . ', filters ' . (field('Seccomp_filters') || '?'));
    my @interfaces = map { /^\s*([^:\s]+):/ ? $1 : () } split /\n/, slurp('/proc/net/dev');
    say_line('sees', 'network', "@interfaces");
    opendir(my $dir, '/dev') or die;
    say_line('sees', 'devices', join(' ', sort grep { !-l "/dev/$_" && (-c _ || -b _) } readdir $dir));
}

# A door: NAME, the errnos that are a refusal, and what to try. The try returns true when it opened.
my @doors;
sub door { push @doors, [@_] }

sub system_call {
    my ($number, @arguments) = @_;
    return sub { syscall($number, @arguments) >= 0 };
}

sub open_path {
    my ($path, $mode) = @_;
    return sub { sysopen(my $file, $path, $mode) };
}

my $kernel = 'EPERM';
door('mount a tmpfs', $kernel, system_call(165, 'none', '/mnt', 'tmpfs', 0, 0));
door('remount / writable', $kernel, system_call(165, 'none', '/', 0, 32 | 4096, 0)); # MS_REMOUNT | MS_BIND
door('umount /proc', $kernel, system_call(166, '/proc', 2));
door('pivot_root', $kernel, system_call(155, '/', '/tmp'));
door('fsopen', $kernel, system_call(430, 'tmpfs', 0));
door('write into /', 'EROFS', open_path('/door', O_WRONLY | O_CREAT));
door('mknod a block device', $kernel, system_call(133, '/tmp/disk', 0060600, 8 << 8));
door('write /proc/sys/kernel/core_pattern', 'EROFS', open_path('/proc/sys/kernel/core_pattern', O_WRONLY));
door('write /proc/sysrq-trigger', 'EROFS|ENOENT', open_path('/proc/sysrq-trigger', O_WRONLY));
door('write /sys/kernel/uevent_helper', 'EROFS|EACCES|ENOENT', open_path('/sys/kernel/uevent_helper', O_WRONLY));
door('write into /sys/fs/cgroup', 'EROFS', sub { my ($file) = grep { -e } glob '/sys/fs/cgroup/{,*/}cgroup.procs'; sysopen(my $f, $file // '/sys/x', O_WRONLY) });
door('read /proc/kcore', 'ENOENT|EACCES|EPERM', sub { my ($file, $byte); sysopen($file, '/proc/kcore', O_RDONLY) && sysread($file, $byte, 1) });
door('read /dev/mem', 'ENOENT', open_path('/dev/mem', O_RDONLY));
door('read the kernel log', $kernel, sub { my $x = ' ' x 16; syscall(103, 3, $x, 16) >= 0 });
door('ptrace a host process', 'ESRCH|EPERM', system_call(101, 16, $host_pid + 0, 0, 0));
door('signal a host process', 'ESRCH', system_call(62, $host_pid + 0, 0));
door('unshare a user namespace', $kernel, system_call(272, 0x10000000));
door('clone3', 'ENOSYS|EPERM', system_call(435, 0, 0));
door('setns', $kernel, system_call(308, -1, 0));
door('load a kernel module', $kernel, system_call(175, '', 0, ''));
door('load another kernel (kexec)', $kernel, system_call(246, 0, 0, 0, 0));
door('reboot', $kernel, system_call(169, 0xfee1dead - 2**32, 672274793, 0, 0)); # only "ctrl-alt-del off"
door('swapon', $kernel, system_call(167, '/tmp/swap', 0));
door('set the clock', $kernel, sub { my $now = pack('qq', time, 0); syscall(227, 0, $now) >= 0 });
door('set the hostname', $kernel, system_call(170, 'door', 4));
door('bpf', $kernel, system_call(321, 0, 0, 0));
door('perf_event_open', $kernel, system_call(298, 0, 0, -1, -1, 0));
door('userfaultfd', $kernel, system_call(323, 0));
door('open_by_handle_at', $kernel, system_call(304, -100, 0, 0));
door('add a key to the keyring', $kernel, system_call(248, 'user', 'door', 'x', 1, -3));
door('raw packets (AF_PACKET)', $kernel, system_call(41, 17, 3, 0));
door('I/O ports (iopl)', $kernel, system_call(172, 3));

sub try_door {
    my ($name, $refusals, $try) = @_;
    $! = 0;
    my $opened = eval { $try->() };
    my $error = $! + 0;
    my ($symbol) = grep { Errno->can($_)->() == $error } sort keys %!;
    my $refused = !$opened && !$@ && defined $symbol && $symbol =~ /^(?:$refusals)$/;
    say_line($refused ? 'refused' : 'OPEN', $name, $opened ? 'it opened' : ($symbol // '?') . ' ' . POSIX::strerror($error) . ($@ // ''));
}

show_identity();
show_view();
try_door(@$_) for @doors;
