using System;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Bulkhead.Security;

/// <summary>A container against the monitor that watches it. There is no --pid host: no flag puts it in the monitor's pid namespace.</summary>
public sealed class MonitorAttackTests
{
    private const string Every = "--as-root --cap-add ALL --security-opt seccomp=unconfined --security-opt landlock=off";

    /// <summary>By the monitor's number on the host, which the container could guess: signals, ptrace, memory, pidfds, /proc.</summary>
    [Theory]
    [InlineData("", Entry.Init, Tier.Hardened)]
    [InlineData("", Entry.Exec, Tier.Hardened)]
    [InlineData("--as-root", Entry.Exec, Tier.Hardened)]
    [InlineData("--as-root --cap-add ALL", Entry.Exec, Tier.Hardened)]
    [InlineData(Every, Entry.Init, Tier.Hardened)]
    [InlineData(Every, Entry.Exec, Tier.Hardened)]
    [InlineData("--privileged", Entry.Init, Tier.Hardened)]
    [InlineData("--privileged", Entry.Exec, Tier.Hardened)]
    [InlineData("", Entry.Init, Tier.UserKernel)]
    [InlineData("", Entry.Exec, Tier.UserKernel)]
    [InlineData(Every, Entry.Init, Tier.UserKernel)]
    [InlineData(Every, Entry.Exec, Tier.UserKernel)]
    public void ItsMonitorIsOutOfReach(string flags, Entry entry, Tier tier)
    {
        // Init is told by a file in a volume: its monitor has a number only then.
        string volume = Directory.CreateDirectory(Path.Combine(Host.Work, $"attack-{flags.Length}{entry}{tier}")).FullName;
        string strict = flags == Every || flags == "--privileged" ? "strict" : "";
        using var workload = new Workload([.. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--volume", volume + ":/mnt:ro"]) { Tier = tier };
        workload.Begin("/bin/sh", "-c", entry == Entry.Exec ? "exec /probe --wait" : "until [ -e /mnt/pid ]; do busybox sleep 0.05; done; /probe --tool attack $(busybox cat /mnt/pid) " + strict + "; exec /probe --wait");
        int monitor = Monitor(workload);
        string started = Started(monitor);

        string told;
        if (entry == Entry.Exec)
            told = workload.Exec(["/probe", "--tool", "attack", .. new[] { monitor.ToString(CultureInfo.InvariantCulture), strict }.Where(word => word.Length > 0)]).MustSucceed().Output;
        else
        {
            File.WriteAllText(volume + "/pid.new", monitor.ToString(CultureInfo.InvariantCulture));
            File.Move(volume + "/pid.new", volume + "/pid");
            told = "";
            Host.Until("the attack", () => (told = workload.Call("logs", workload.Name).Output).Contains("tried", StringComparison.Ordinal));
        }

        Assert.Equal("tried\n", told);
        Assert.Equal(started, Started(monitor));
        Assert.DoesNotContain("State:\tT", File.ReadAllText($"/proc/{monitor}/status"), StringComparison.Ordinal);
    }

    /// <summary>The control: the same attack on a process that is inside reaches it.</summary>
    [Fact]
    public void AProcessInsideIsReached()
    {
        using var workload = new Workload("--as-root", "--cap-add", "ALL");
        workload.Begin("/bin/sh", "-c", "/probe --wait & exec /probe --wait");

        string told = workload.Exec("/bin/sh", "-c", "/probe --wait & /probe --tool attack $!").Output;

        foreach (string what in new[] { "kill reached", "tgkill reached", "ptrace seize reached", "pidfd_open reached", "process_vm_readv reached" })
            Assert.Contains(what, told, StringComparison.Ordinal);
    }

    /// <summary>A program that is the monitor's child can give it children (CLONE_PARENT): while nobody reaps them the container could not be stopped.</summary>
    [Theory]
    [InlineData("stop", "1h")]
    [InlineData("stop", "50ms")]
    [InlineData("rm", "50ms")]
    [InlineData("exec", "1h")]
    public void ChildrenThatAContainerGivesAreReaped(string verb, string interval)
    {
        using var workload = new Workload("--pids-limit", "50", "--health-cmd", "/probe --tool adopt 6", "--health-interval", interval, "--health-start-period", "1h", "--health-start-interval", "50ms");
        workload.Begin("/probe", "--wait");
        int monitor = Monitor(workload);
        Host.Until("its children", () => Children(monitor) >= 3);
        System.Diagnostics.Process? client = verb != "exec" ? null
            : Host.Start("/usr/bin/env", "BULKHEAD_DATA=" + Host.Work + "/data", Host.Command, "exec", workload.Name, "/bin/sh", "-c", "/probe --tool adopt 6; exec /probe --wait");
        client?.StandardOutput.ReadLine();

        Said said = verb == "rm" ? workload.Call("rm", "-f", workload.Name) : workload.Call("stop", "-t", "0", workload.Name);

        Assert.True(said.Status == 0, said.ToString());
        client?.WaitForExit();
        Assert.Equal(verb == "exec" ? 137 : 0, client?.ExitCode ?? 0);
        client?.Dispose();
        if (verb != "rm")
            Assert.Equal("137\n", workload.Call("inspect", "--format", "{{.State.ExitCode}}", workload.Name).Output);
    }

    private static int Monitor(Workload workload)
    {
        string id = workload.Call("inspect", "--format", "{{.Id}}", workload.Name).MustSucceed().Output.Trim();
        return Directory.GetDirectories("/proc").Select(folder => int.TryParse(Path.GetFileName(folder), out int pid) ? pid : 0).First(pid => pid > 0 && IsMonitor(pid, id));
    }

    private static bool IsMonitor(int pid, string id)
    {
        try
        {
            string[] words = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
            return words[0].EndsWith("bulkhead-monitor", StringComparison.Ordinal) && words.Contains("id=" + id);
        }
        catch (IOException)
        {
            return false; // Ended while we looked.
        }
    }

    /// <summary>Field 22 of proc_pid_stat(5): another process of the same number has another.</summary>
    private static string Started(int pid) => File.ReadAllText($"/proc/{pid}/stat").Split(") ")[^1].Split(' ')[22 - 3];

    private static int Children(int pid) => Directory.GetDirectories($"/proc/{pid}/task")
        .Sum(task => File.ReadAllText(task + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
}
