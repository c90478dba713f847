using System.Collections.Generic;
using System.IO;

namespace Bulkhead.Chaos.Places;

/// <summary>Too little of everything: address space, memory, descriptors, processes, file size, stack.</summary>
/// <param name="trial">The place.</param>
public sealed class LimitTests(Trial trial) : IClassFixture<Trial>
{
    /// <summary>From 416 MiB of address space on it works; below it says so. 70000 and 78000 crashed the collector, others were left to luck.</summary>
    [Theory]
    [InlineData("ulimit -v 1000000", 0, "")]
    [InlineData("ulimit -v 425984", 0, "")]
    [InlineData("ulimit -v 425983", 1, "address space")]
    [InlineData("ulimit -v 78000", 1, "address space")]
    [InlineData("ulimit -v 70000", 1, "address space")]
    [InlineData("ulimit -v 60000", 1, "address space")]
    [InlineData("ulimit -v 10000", 1, "address space")]
    [InlineData("ulimit -d 1000", 1, "could not start: too little memory")]
    [InlineData("ulimit -Sn 3", 1, "too many open files: raise RLIMIT_NOFILE")]
    [InlineData("ulimit -Sn 5", 1, "too many open files: raise RLIMIT_NOFILE")]
    [InlineData("ulimit -Sn 8", 1, "too many open files: raise RLIMIT_NOFILE")]
    [InlineData("ulimit -Sn 10", 1, "too many open files")]
    [InlineData("ulimit -Sn 12", 1, "too many open files: raise RLIMIT_NOFILE")]
    [InlineData("ulimit -Sn 14", 1, "too many open files: raise RLIMIT_NOFILE")]
    [InlineData("ulimit -Sn 16", 1, "too many open files: raise RLIMIT_NOFILE")]
    [InlineData("ulimit -Sn 20", 1, "too many open files: raise RLIMIT_NOFILE")]
    [InlineData("ulimit -Sn 64", 0, "")]
    [InlineData("ulimit -p 1", 0, "")]
    [InlineData("ulimit -s 16", 1, "limit on stacks (RLIMIT_STACK, ulimit -s) is below 64 KiB")]
    [InlineData("ulimit -s 64", 0, "")]
    [InlineData("ulimit -s 128", 0, "")]
    [InlineData("ulimit -s unlimited", 0, "")]
    [InlineData("ulimit -l 0", 0, "")]
    [InlineData("ulimit -f 1", 1, "write config.json in")]
    public void Limits(string limit, int status, string words)
    {
        Trial.Says(trial.Run(limit), status, words);
        trial.LeftNothing();
    }

    /// <summary>Root may start a thread whatever RLIMIT_NPROC says; others may not.</summary>
    [Fact]
    public void No_thread()
    {
        Ran ran = trial.Shell("ulimit -p 0; exec setpriv --reuid 65534 --regid 65534 --clear-groups $oci --version");
        Trial.Says(ran, 1, "could not start: too little memory or too few threads");
    }

    /// <summary>RLIMIT_FSIZE 0 as the kernel has it: a signal. Standard error is a pipe, as that limit would hold for a file too.</summary>
    [Fact]
    public void No_byte_in_any_file()
    {
        Ran ran = trial.Shell("{ (ulimit -f 0; $oci run --bundle $b row 2>&1; echo \"status $?\") } | cat >&2");

        Assert.Equal($"write config.json in {trial.Bundle.States}/row: file too large: raise RLIMIT_FSIZE (ulimit -f), or name another state directory with --root\nstatus 1\n", ran.Errors);
        trial.LeftNothing();
    }

    [Theory]
    [InlineData(1, 1, "could not start: too little memory or too few threads")]
    [InlineData(2, 1, "clone a process with its namespaces: resource temporarily unavailable")]
    [InlineData(3, 0, "")]
    public void A_full_pids_cgroup(int most, int status, string words)
    {
        Trial.Says(InCgroup("pids", "pids.max", $"{most}"), status, words);
        trial.LeftNothing();
    }

    /// <summary>Without memory the kernel kills, and a dead process says nothing. But whatever it is killed at, the next delete clears it.</summary>
    [Fact]
    public void A_tight_memory_cgroup()
    {
        var statuses = new List<int>();
        foreach (string limit in (string[])["500K", "600K", "700K", "800K", "900K", "1M", "1100K", "32M"])
        {
            Ran ran = InCgroup("memory", "memory.limit_in_bytes", limit);
            statuses.Add(ran.Status);
            Assert.Equal(0, trial.Bundle.Oci("delete", "--force", "row").Status);
            trial.LeftNothing();
        }
        Assert.Contains(137, statuses);
        Assert.Equal(0, statuses[^1]);
    }

    private Ran InCgroup(string controller, string file, string limit)
    {
        string cgroup = $"/sys/fs/cgroup/{controller}/{trial.Bundle.CgroupParent}-tight";
        try
        {
            return trial.Run($"mkdir -p {cgroup} && echo {limit} >{cgroup}/{file} && echo $$ >{cgroup}/cgroup.procs");
        }
        finally
        {
            Directory.Delete(cgroup);
        }
    }
}
