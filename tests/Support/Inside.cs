using System;
using System.Collections.Generic;

namespace Bulkhead.TestSupport;

/// <summary>Asks a container what it really got: a script that runs inside and prints `name=value` lines, and the reader of them.</summary>
public static class Inside
{
    /// <summary>A program for sh -c. The limits are read on cgroup v1 and on v2.</summary>
    public const string Probe = """
        status() { sed -n "s/^$1:[[:space:]]*//p" /proc/self/status; }
        first() { for f in "$@"; do [ -r "$f" ] && cat "$f" && return; done; }
        echo "uid=$(id -u)"; echo "gid=$(id -g)"; echo "groups=$(id -G)"; echo "cwd=$(pwd)"; echo "hostname=$(hostname)"
        echo "seccomp=$(status Seccomp)"; echo "nnp=$(status NoNewPrivs)"; echo "capeff=$(status CapEff)"; echo "capbnd=$(status CapBnd)"
        echo "root=$(awk '$5 == "/" { print $6 }' /proc/self/mountinfo)"
        echo "memory=$(first /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max)"
        echo "pids=$(first /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max)"
        echo "quota=$(first /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max | cut -d' ' -f1)"
        echo "nofile=$(ulimit -Sn):$(ulimit -Hn)"
        for n in pid ipc uts net mnt user cgroup; do echo "ns_$n=$(readlink /proc/self/ns/$n)"; done
        echo "pid1=$(tr '\0' ' ' < /proc/1/cmdline)"
        """;

    /// <summary>Reads what <see cref="Probe"/> and lines of the same kind printed.</summary>
    public static Dictionary<string, string> Read(string output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var values = new Dictionary<string, string>();
        foreach (string line in output.Split('\n'))
        {
            int at = line.IndexOf('=', StringComparison.Ordinal);
            if (at > 0)
            {
                values[line[..at]] = line[(at + 1)..].Trim();
            }
        }

        return values;
    }
}
