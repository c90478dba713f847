using System;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.Profile;

/// <summary>What the defaults of `bulkhead run` hold back, each with the flag that lets it through, by run and by exec.</summary>
public sealed class RunTests
{
    /// <summary>A file that is setuid root on the host, made by a container's root in a folder of the host's root.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void NoSetuidFileInAVolume(bool allowed)
    {
        using var run = new Run();
        using var volume = new TempFolder("pv");
        string[] flags = ["--as-root", "-v", volume.FullPath + ":/data", .. allowed ? ["--security-opt", "seccomp-allow=@setid"] : Array.Empty<string>()];
        Outcome outcome = run.Shell("cp /bin/busybox /data/b && chmod 755 /data/b && chmod 4755 /data/b && echo planted; mkfifo /data/p", flags);
        string owner = Command.Run("stat", "-c", "%a %u", volume["b"]).Ok();
        Assert.Equal(allowed, outcome.Out.Contains("planted", StringComparison.Ordinal));
        Assert.Equal(allowed ? "4755 0" : "755 0", owner);
        Assert.Equal(!allowed, outcome.Err.Contains("Operation not permitted", StringComparison.Ordinal));
        Assert.True(File.Exists(volume["p"]));
    }

    /// <summary>int 0x80 from a 64-bit program is a call of i386 to the kernel.</summary>
    [Fact]
    public void CallsOfI386KillUnlessAskedFor()
    {
        using var run = new Run();
        using var source = new TempFolder("ps");
        source.Write("i.c", """
            #include <stdio.h>
            int main(void)
            {
                long pid;
                asm volatile("int $0x80" : "=a"(pid) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
                printf("pid %ld\n", pid);
                return 0;
            }
            """);
        Command.Run("gcc", "-static", "-o", run.RootFileSystem + "/bin/i386", source["i.c"]).Ok();
        // Where the machine has no such calls it says so by SIGSEGV, before any filter is asked.
        Assert.Equal(128 + (Machine.HasI386Calls ? 31 : 11), run.Shell("exec /bin/i386").ExitCode); // SIGSYS
        Outcome allowed = run.Shell("exec /bin/i386", "--security-opt", "seccomp-allow=@i386");
        Assert.Equal(Machine.HasI386Calls ? "pid 1 0" : " 139", $"{allowed.Out.Trim()} {allowed.ExitCode}");
    }

    /// <summary>exec gets the filter and a landlock domain: another one than the first program's, whose environment it therefore cannot read.</summary>
    [Fact]
    public void ExecIsConfinedAsRunIs()
    {
        const string Probe = "unshare -U true 2>&1; head -c 5 /proc/1/environ 2>&1; echo; grep -E '^(Seccomp|NoNewPrivs):' /proc/self/status";
        using var run = new Run();
        Assert.Equal("unshare: unshare(0x10000000): Operation not permitted\nhead: /proc/1/environ: Permission denied\n\nNoNewPrivs:\t1\nSeccomp:\t2",
            run.Living([], name => run.Command("exec", name, "/bin/sh", "-c", Probe)).Ok());
        Assert.Equal("PATH=\nNoNewPrivs:\t1\nSeccomp:\t0",
            run.Living(["--security-opt", "landlock=off", "--security-opt", "seccomp=unconfined"], name => run.Command("exec", name, "/bin/sh", "-c", Probe)).Ok());
    }

    [Fact]
    public void AnUnknownWordIsRefusedBeforeAnythingIsMade()
    {
        using var run = new Run();
        Assert.Contains("no system call", run.Shell("true", "--security-opt", "seccomp-allow=@everything").Exits(125), StringComparison.Ordinal);
    }
}
