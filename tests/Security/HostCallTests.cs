using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Bulkhead.UserKernel.Confinement;

namespace Bulkhead.Security;

/// <summary>
/// What the host's kernel is asked while a guest of the user kernel tries every door, by init and by exec (E40): nothing but the calls of the two lists. So what
/// succeeds inside succeeds inside only.
/// </summary>
public sealed class HostCallTests
{
    private const string Ready = "ready\n";
    private const string Everything = "--as-root --writable --cap-add ALL --security-opt seccomp=unconfined --security-opt landlock=off";

    /// <summary>Calls of the probes that a cell must never make.</summary>
    private static readonly string[] Probed =
    [
        "unshare", "mount", "setns", "bpf", "ptrace", "fsopen", "io_uring_setup", "perf_event_open", "userfaultfd", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load",
        "iopl", "ioperm", "reboot", "swapon", "swapoff", "settimeofday", "clock_settime", "adjtimex", "acct", "quotactl", "pivot_root", "sethostname", "syslog", "add_key", "request_key", "keyctl",
        "process_vm_readv", "kill", "open_by_handle_at", "mknodat", "socket", "openat", "clone3", "splice",
    ];

    [Theory]
    [InlineData("", Entry.Init)]
    [InlineData("", Entry.Exec)]
    [InlineData(Everything, Entry.Init)]
    [InlineData(Everything, Entry.Exec)]
    public void The_host_sees_none_of_the_probes(string flags, Entry entry)
    {
        string[] ids = [.. Doors.All.Select(door => door.Id)];
        string state = HostState.Look();

        (string told, RecordedCall[] ofCells, RecordedCall[] ofKernel) = Record(Tier.UserKernel, flags, entry, ["/probe", .. ids], text => text.Split('\n').Length > ids.Length);

        Assert.Equal(ids, told.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]));
        AssertOnList(CellCalls.Calls, ofCells.Where(call => !call.IsTrapped));
        AssertOnList(KernelCalls.Calls, ofKernel);
        Assert.DoesNotContain(ofKernel, call => call.IsTrapped);
        // They were made, and this is how they ended.
        Assert.Empty(Probed.Except(ofCells.Where(call => call.IsTrapped).Select(call => call.Name)));
        Assert.Equal(state, HostState.Look());
    }

    /// <summary>futex requeue (E43) is the gate's own: waits and wakes of the host, no requeue.</summary>
    [Theory]
    [InlineData(Entry.Init)]
    [InlineData(Entry.Exec)]
    [Trait("Probe", "E43.futex_requeue")]
    public void Futex_requeue_does_not_reach_the_hosts_kernel(Entry entry)
    {
        (string told, RecordedCall[] ofCells, RecordedCall[] ofKernel) = Record(Tier.UserKernel, "", entry, ["/probe", "--tool", "futex-requeue"], text => text.Contains('\n', StringComparison.Ordinal));

        Assert.Equal("open\n", told);
        Assert.Contains(ofCells, call => call is { Name: "futex", IsTrapped: true, Arguments: [_, 4, ..] });
        AssertOnList(CellCalls.Calls, ofCells.Where(call => !call.IsTrapped));
        AssertOnList(KernelCalls.Calls, ofKernel);
    }

    /// <summary>The control: the same recorder sees them reach the host where that is open.</summary>
    [Fact]
    public void In_a_hardened_container_the_host_sees_them()
    {
        string[] ids = ["E16.fsopen", "E23.bpf", "E29.sethostname", "E32.unshare_mount"];

        (string told, RecordedCall[] others, RecordedCall[] first) = Record(Tier.Hardened, Everything, Entry.Init, ["/probe", .. ids], text => text.Split('\n').Length > ids.Length);

        RecordedCall[] all = [.. others, .. first];
        foreach (string name in new[] { "fsopen", "bpf", "sethostname", "unshare" })
            Assert.Contains(all, call => call.Name == name && !call.IsTrapped);
        Assert.Contains("E32.unshare_mount open", told, StringComparison.Ordinal);
    }

    /// <summary>Runs a command in a container that is being recorded. Its first process on the host is the user kernel's, or the container's program.</summary>
    private static (string Told, RecordedCall[] Others, RecordedCall[] First) Record(Tier tier, string flags, Entry entry, string[] command, Func<string, bool> isWhole)
    {
        string[] told = [.. Config.ProbeEnvironment().SelectMany(variable => new[] { "--env", variable })];
        using var workload = new Workload([.. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. told]) { Tier = tier };
        // By init it begins when somebody opens the fifo: by then the recorder is there. By exec it is the first to run the program: the text of one that is
        // run again has jumps in place of its calls, and none of them would be seen to be trapped.
        workload.Begin(entry == Entry.Exec ? ["/bin/busybox", "sleep", "1000"] : ["/bin/sh", "-c", "busybox mkfifo /tmp/go; echo ready; read go </tmp/go; \"$@\"; exec /probe --wait", "sh", .. command]);
        Host.Until("its beginning", () => entry == Entry.Exec || workload.Call("logs", workload.Name).Output == Ready);
        int first = int.Parse(workload.Call("inspect", "--format", "{{.State.Pid}}", workload.Name).MustSucceed().Output, CultureInfo.InvariantCulture);
        Host.Until("its walls", () => tier == Tier.Hardened || (Children(first).Count() >= 2 && File.ReadAllText($"/proc/{first}/status").Contains("Seccomp:\t2", StringComparison.Ordinal)));
        int[] threads = [.. Directory.GetDirectories($"/proc/{first}/task").Select(task => int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture))];
        using var recorder = new Recorder([first, .. Children(first)]);
        string text = "";
        if (entry == Entry.Exec)
            text = workload.Exec(command).MustSucceed().Output;
        else
        {
            workload.Exec("/bin/sh", "-c", "echo >/tmp/go").MustSucceed();
            Host.Until("the probes", () => isWhole(text = workload.Call("logs", workload.Name).Output[Ready.Length..]));
        }
        Dictionary<int, RecordedCall[]> calls = recorder.Stop();
        return (text, [.. calls.Where(pair => !threads.Contains(pair.Key)).SelectMany(pair => pair.Value)], [.. threads.SelectMany(thread => calls[thread])]);
    }

    private static IEnumerable<int> Children(int pid) => Directory.GetDirectories($"/proc/{pid}/task")
        .SelectMany(task => File.ReadAllText(task + "/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)).Select(child => int.Parse(child, CultureInfo.InvariantCulture));

    /// <summary>By number and arguments, as the filters judge them.</summary>
    private static void AssertOnList(HostCall[] list, IEnumerable<RecordedCall> made)
    {
        Assert.NotEmpty(made);
        Assert.Empty(made.Where(call => !Array.Exists(list, allowed => Names(allowed).Contains(call.Name) && Array.TrueForAll(allowed.Arguments, rule => Allows(rule, call)))).Select(call => call.ToString()).Distinct());
    }

    /// <summary>A strace that is older than a call says its number.</summary>
    private static string[] Names(HostCall call) => [call.Name, string.Create(CultureInfo.InvariantCulture, $"syscall_0x{call.Nr:x}")];

    private static bool Allows(ArgumentRule rule, RecordedCall call)
    {
        // What is in progress when the recorder comes or goes has no arguments.
        if (call.Arguments.Length <= rule.Index)
            return call.Arguments.Length == 0;
        ulong value = call.Arguments[rule.Index];
        return Array.IndexOf(rule.Values, (uint)value & rule.Mask) >= 0 && (!rule.Wide || value >> 32 == 0);
    }
}
