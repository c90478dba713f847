using System;
using System.IO;
using System.Linq;

namespace Bulkhead.Chaos.Places;

/// <summary>Flags of `bulkhead run` that nobody means well with: how it ends, its one line, and that nothing is left.</summary>
/// <param name="trial">The place.</param>
public sealed class FlagTests(Trial trial) : IClassFixture<Trial>
{
    private static readonly string Program = Path.Combine(Path.GetDirectoryName(Place.Runtime)!, "bulkhead");

    /// <summary>A shell prepares in $w; then `run --rm --rootfs ROOT FLAGS /bin/true`, where FLAGS are the shell's.</summary>
    [Theory]
    [InlineData(@"printf 'A=1\0B=2\n' >$w/f", "--env-file $w/f", 125, "line 1 is not NAME=VALUE")]
    [InlineData(@"printf 'A=1' >$w/f", "--env-file $w/f", 0, "")]
    [InlineData(@"printf 'A=b=c\r\n\r\n  # x\r\nB=\r\n' >$w/f", "--env-file $w/f", 0, "")]
    [InlineData(@"printf 'A=1\n=secret\n' >$w/f", "--env-file $w/f", 125, "f: line 2 is not NAME=VALUE")]
    [InlineData(@"printf '\377=1\n' >$w/f", "--env-file $w/f", 125, "it is no UTF-8 text")]
    [InlineData("truncate -s 1G $w/f", "--env-file $w/f", 125, "file too large")]
    [InlineData("{ printf A=; head -c 900000 /dev/zero | tr '\\0' x; } >$w/f", "--env-file $w/f", 126, "argument list too long")]
    [InlineData("mkfifo $w/f", "--env-file $w/f", 125, "is a pipe that nobody writes to")]
    [InlineData("mkfifo $w/f; (sleep 0.3; echo A=1 >$w/f) &", "--env-file $w/f", 0, "")]
    [InlineData("", "--env-file $w", 125, "is a directory")]
    [InlineData("", "--env-file /dev/zero", 125, "file too large")]
    [InlineData("", "--env-file /dev/null", 0, "")]
    [InlineData("", "--env =x", 125, "'=x' is not NAME=VALUE")]
    [InlineData("", "--mount type=bind,src=$w,dst=/mnt,readonly=yes", 125, "readonly=yes is neither true nor false")]
    [InlineData("", "--mount type=bind,src=$w,dst=/mnt,bind-recursive=x", 125, "is not enabled or disabled")]
    [InlineData("", "--mount type=bind,src=,dst=/mnt", 125, "source is missing")]
    [InlineData("", "--mount type=bind,src=$w,dst=/mnt,dst=/x", 125, "target is given twice")]
    [InlineData("", "--mount type=bind,src=$w,dst=/mnt,suid", 125, "'suid' is not known")]
    [InlineData("", "--volume $w:/a/../..", 125, "the target has .. in it")]
    [InlineData("", "--volume $w:/./", 125, "the target is the root itself")]
    [InlineData("", "--volume $w:data", 125, "is not an absolute path")]
    [InlineData("", "--volume $w:/mnt:dev,suid", 125, "'dev' is not one of")]
    [InlineData("", "--volume $w/missing:/mnt", 125, "does not exist")]
    [InlineData("ln -s l $w/l", "--volume $w/l:/mnt", 125, "too many levels of symbolic links")]
    [InlineData("", "--volume /proc/self/fd/0:/mnt", 125, "behind a link of /proc")]
    [InlineData("", "--volume /proc/self/root:/mnt", 125, "behind a link of /proc")]
    [InlineData("", "--volume /dev/fd/2:/mnt", 125, "behind a link of /proc")]
    [InlineData("", "--volume /proc/self/exe:/mnt/x", 125, "behind a link of /proc")]
    [InlineData("", "--tmpfs /mnt:uid=0", 125, "'uid=0' is not one of")]
    [InlineData("", "--tmpfs /mnt:size=0", 125, "'0' is no size")]
    [InlineData("", "--name ..", 125, "'..' is not a name")]
    [InlineData("", "--name a/b", 125, "is not a name")]
    [InlineData("n=$(head -c 10000 /dev/zero | tr '\\0' x)", "--name $n", 125, "xxx...")]
    [InlineData("n=$(printf '\\033[31m')", "--name $n", 125, "'?[31m' is not a name")]
    [InlineData("", "--annotation dev.bulkhead.landlock=off", 125, "is for this program's own annotations")]
    [InlineData("", "--annotation dev.bulkhead.root.idmap=false", 125, "is for this program's own annotations")]
    [InlineData("", "--annotation dev.bulkhead.root.upper=/etc", 125, "is for this program's own annotations")]
    [InlineData("", "--annotation org.example=1 --label dev.bulkhead.landlock=off", 0, "")]
    [InlineData("", "--hostname a/b", 125, "is no host name")]
    [InlineData("", "--hostname ''", 125, "is no host name")]
    [InlineData("n='a\nb'", "--add-host \"$n:1.2.3.4\"", 125, "is not NAME:ADDRESS")]
    [InlineData("", "--add-host 'a b:1.2.3.4'", 125, "is not NAME:ADDRESS")]
    [InlineData("", "--workdir a", 125, "is not an absolute path")]
    [InlineData("", "--workdir /proc/self/fd/3", 125, "bulkhead: --workdir /proc/self/fd/3: make the working directory /proc/self/fd/3: ")]
    [InlineData("", "--workdir /bin/busybox", 125, "bulkhead: --workdir /bin/busybox: change directory to /bin/busybox: not a directory: ")]
    [InlineData("", "--user 4294967295", 125, "no number below 65536")]
    [InlineData("", "--user -1", 125, "no number below 65536")]
    [InlineData("", "--user 1:2:3", 125, "group '2:3' is not in")]
    [InlineData("", "--sysctl kernel.core_pattern=x", 125, "bulkhead: --sysctl kernel.core_pattern=x: is not kept apart by any namespace and would change the host")]
    [InlineData("", "--sysctl net/../kernel/core_pattern=x", 125, "bulkhead: --sysctl net/../kernel/core_pattern=x: is no name of a sysctl")]
    [InlineData("", "--ulimit nofile=2:1", 125, "soft is more than hard")]
    [InlineData("", "--security-opt ''", 125, "'' is not one of seccomp=")]
    [InlineData("", "--security-opt seccomp=", 125, "'seccomp=' is not seccomp=unconfined")]
    [InlineData("", "--security-opt systempaths=unconfined", 125, "is not one of seccomp=")]
    [InlineData("", "--security-opt landlock=OFF", 125, "is not one of seccomp=")]
    [InlineData("", "--security-opt no-new-privileges", 0, "")]
    [InlineData("", "--stop-signal 0", 125, "is no signal")]
    [InlineData("", "--nonsense", 125, "there is no option --nonsense")]
    [InlineData("", "--sysctl net.core.somaxconn=-5", 125, "bulkhead: --sysctl net.core.somaxconn=-5: set sysctl net/core/somaxconn: invalid argument: ")]
    [InlineData("", "--sysctl net/core/nosuch=5", 125, "bulkhead: --sysctl net/core/nosuch=5: set sysctl net/core/nosuch: no such file")]
    [InlineData("", "--network host --sysctl net.core.somaxconn=5", 125, "bulkhead: --sysctl net.core.somaxconn=5: would change the host's")]
    [InlineData("", "--cpuset-cpus x", 125, "bulkhead: --cpuset-cpus x: \"x\" is not a list of CPUs")]
    [InlineData("", "--cpuset-cpus 8000", 125, "bulkhead: --cpuset-cpus 8000: the kernel does not take it: ")]
    [InlineData("", "--cpuset-mems 77", 125, "bulkhead: --cpuset-mems 77: the kernel does not take it: ")]
    [InlineData("", "--ulimit nofile=99999999999", 125, "bulkhead: --ulimit nofile=99999999999:99999999999: set resource limit RLIMIT_NOFILE: ")]
    [InlineData("", "--ulimit nofile=1", 125, "bulkhead: --ulimit nofile=1:1: ")]
    [InlineData("", "--device /dev/null:/etc", 125, "bulkhead: --device /dev/null:/etc: mount bind at /etc: ")]
    [InlineData("", "--device /dev/null:/", 125, "bulkhead: --device: '/dev/null:/' is not SOURCE[:TARGET[:ACCESS]]")]
    [InlineData("", "--device /dev/null:/proc/x", 125, "bulkhead: --device /dev/null:/proc/x: mount bind at /proc/x: ")]
    [InlineData("", "--add-host a:1.2", 125, "'a:1.2' is not NAME:ADDRESS")]
    [InlineData("", "--add-host a:[::1]:80", 125, "is not NAME:ADDRESS")]
    [InlineData("", "--add-host a:fe80::1%lo", 125, "is not NAME:ADDRESS")]
    [InlineData("", "--add-host a:fd00::1 --add-host b=10.0.0.1 --dns fd00::1 --dns 10.0.0.1", 0, "")]
    [InlineData("", "--dns 1.2", 125, "--dns: '1.2' is no address")]
    [InlineData("", "--memory 64m --memory-swap 32m", 125, "bulkhead: --memory-swap 33554432: ")]
    [InlineData("", "--cpus 0.001", 125, "bulkhead: --cpus 0.001: ")]
    [InlineData("", "--cpu-shares 999999999", 125, "bulkhead: --cpu-shares: '999999999' is not from 2 to 262144")]
    [InlineData("", "--cpu-quota 999999999999999", 125, "bulkhead: --cpu-quota 999999999999999: the kernel does not take it: ")]
    [InlineData("", "--pids-limit 99999999999", 125, "bulkhead: --pids-limit 99999999999: the kernel does not take it: ")]
    [InlineData("chown 1:1 $w", "-v $w:/bin/busybox", 125, "row:/bin/busybox: mount bind at /bin/busybox: invalid argument: the root file system ")]
    [InlineData("", "--tmpfs /bin/busybox", 125, "bulkhead: --tmpfs /bin/busybox: ")]
    [InlineData("echo x >$w/f", "--secret id=word,src=$w/f,target=/bin", 125, "bulkhead: --secret word: ")]
    [InlineData("", "--oom-score-adj 5000", 125, "bulkhead: --oom-score-adj: '5000' is not from -1000 to 1000")]
    [InlineData("", "--oom-score-adj -1000", 125, "bulkhead: --oom-score-adj -1000: set oom_score_adj")]
    [InlineData("", "--domainname 'a b'", 125, "bulkhead: --domainname: 'a b' is no host name")]
    [InlineData("mount -t tmpfs x /etc; mkdir /etc/bulkhead; echo 'mounts.refuse = [\"/mnt\"]' >/etc/bulkhead/policy.toml", "-v /mnt:/data", 125, "bulkhead: --volume or --mount /mnt:/data: refused by policy mounts.refuse (/etc/bulkhead/policy.toml:1): ")]
    [InlineData("mount -t tmpfs x /etc; mkdir /etc/bulkhead; echo 'root_user = \"refuse\"' >/etc/bulkhead/policy.toml", "--as-root", 125, "bulkhead: --as-root: refused by policy root_user (/etc/bulkhead/policy.toml:1): ")]
    [InlineData("", "--pids-limit x", 125, "run: ")]
    public void Flag(string place, string flags, int status, string words) => Run(place, "$b/rootfs", flags, status, words);

    /// <summary>A root file system, a copy in $w/r, that is odd where something is mounted: the line says what is odd there.</summary>
    [Theory]
    [InlineData("mkdir etc/hosts", "", "mount bind at /etc/hosts: invalid argument: the root file system R has a directory at /etc/hosts, where a file is needed: remove it there")]
    [InlineData("mkdir etc/hosts", "--no-hosts", "")]
    [InlineData("mkdir etc/resolv.conf", "", "has a directory at /etc/resolv.conf, where a file is needed")]
    [InlineData("ln -s hosts etc/hosts", "", "has a symbolic link to 'hosts' at /etc/hosts, where a file is needed")]
    [InlineData("ln -s /bin etc/hosts", "", "has a symbolic link to '/bin' at /etc/hosts, where a file is needed")]
    [InlineData("ln -s /proc/hosts etc/hosts", "", "has a symbolic link to '/proc/hosts' at /etc/hosts, where a file is needed")]
    [InlineData("ln -s /run/nosuch etc/hosts", "", "")]
    [InlineData("rm -rf etc; touch etc", "", "has a file at /etc, where a directory is needed")]
    [InlineData("rm -rf etc; ln -s etc etc", "", "has a symbolic link to 'etc' at /etc, where a directory is needed")]
    [InlineData("rm -rf tmp; touch tmp", "", "has a file at /tmp, where a directory is needed")]
    [InlineData("rm -rf proc; ln -s bin proc", "", "has a symbolic link to 'bin' at /proc, where a directory is needed")]
    [InlineData("chmod 700 .", "", "R has mode 0700, so that the container's ids cannot pass it: chmod o+x R")]
    // The store of images is such a folder.
    [InlineData("chmod 750 ..", "", "")]
    [InlineData("chmod 750 ..", "--writable", "")]
    [InlineData("chmod 750 ..", "--privileged", "")]
    public void OddRoot(string odd, string flags, string words) =>
        Run($"cp -a $b/rootfs $w/r; cd $w/r; mkdir -p etc tmp run proc dev sys\n{odd}", "$w/r", flags, words.Length > 0 ? 125 : 0, words.Replace("R", trial.Bundle.Folder + "/row/r", StringComparison.Ordinal));

    private void Run(string place, string root, string flags, int status, string words)
    {
        // chmod: the layer over the root file system is mounted with the ids of the container's root.
        string data = trial.Fresh() + "/data";
        Ran ran = trial.Shell($"chmod 711 $b\n{place}\nexport BULKHEAD_DATA=$w/data\nexec {Program} run --rm --rootfs {root} {flags} /bin/true </dev/null");
        string said = string.Concat(ran.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !l.StartsWith("loosening: ", StringComparison.Ordinal) && !l.Contains(" belongs to ", StringComparison.Ordinal)).Select(l => l + "\n"));
        Trial.Says(ran with { Errors = said }, status, words);
        trial.LeftNothing();
        if (Directory.Exists(data))
            Assert.DoesNotContain(Directory.GetFileSystemEntries(data, "*", SearchOption.AllDirectories), path => path[data.Length..] is not ("/containers" or "/names" or "/events.json"));
    }
}
