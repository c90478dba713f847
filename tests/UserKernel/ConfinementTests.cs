using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Bulkhead.TestSupport;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Confinement;

namespace Bulkhead.UserKernels;

/// <summary>The two walls: their lists, and what the host's kernel says that stands around running guests.</summary>
public sealed class ConfinementTests
{
    [Fact]
    public void TheListsAreShortAndEachLineHasItsReason()
    {
        Assert.InRange(CellCalls.Calls.Length, 1, 20);
        Assert.InRange(KernelCalls.Calls.Length, 1, 70);
        Assert.All(CellCalls.Calls.Concat(KernelCalls.Calls), call => Assert.True(call.Reason.Length > 3, call.Name));
        Assert.Equal(CellCalls.Calls.Length, CellCalls.Calls.Select(call => call.Nr).Distinct().Count());
        Assert.Equal(KernelCalls.Calls.Length, KernelCalls.Calls.Select(call => call.Nr).Distinct().Count());
        string[] never = ["execve", "execveat", "ptrace", "mount", "setns", "unshare", "connect", "socket", "bpf", "clone3", "open_by_handle_at", "pidfd_getfd"];
        Assert.Empty(never.Intersect(CellCalls.Calls.Concat(KernelCalls.Calls).Select(call => call.Name)));
    }

    /// <summary>A host call in the code that is not on the list would end the sandbox when it is reached.</summary>
    [Fact]
    public void EveryHostCallOfTheCodeIsOnTheList()
    {
        string[] begins = ["seccomp", "epoll_create1", "capget", "geteuid", "getegid", "uname", "sched_getattr", "sched_setattr", "umask", "getpriority"]; // before the filter
        HashSet<string> allowed = [.. KernelCalls.Calls.Select(call => call.Name), .. begins];
        List<string> missing = [];
        foreach (string file in Directory.GetFiles(Path.Combine(Repository.Root, "src/Bulkhead.UserKernel"), "*.cs", SearchOption.AllDirectories))
        {
            if (file.Contains("/obj/", StringComparison.Ordinal))
                continue;
            foreach (Match match in Regex.Matches(File.ReadAllText(file), @"(?:Sys\.Direct|HostFiles\.Plain|HostFiles\.Named|Transfer)\(SysNr\.(\w+)"))
            {
                if (!allowed.Contains(match.Groups[1].Value))
                    missing.Add($"{Path.GetFileName(file)}: {match.Groups[1].Value}");
            }
        }
        Assert.Equal([], missing);
    }

    /// <summary>gate.h and its mirror in C#.</summary>
    [Fact]
    public void TheGatesLayoutIsTheSameOnBothSides()
    {
        string header = File.ReadAllText(Path.Combine(Repository.Root, "eng/native/gate/gate.h"));
        ulong Defined(string name)
        {
            string text = Regex.Match(header, $@"#define {name} (0x[0-9a-f]+|\d+)").Groups[1].Value;
            return Convert.ToUInt64(text, text.StartsWith("0x", StringComparison.Ordinal) ? 16 : 10);
        }
        Assert.Equal(GateLayout.GateBase, Defined("GATE_BASE"));
        Assert.Equal(GateLayout.TextSize, Defined("GATE_TEXT_SIZE"));
        Assert.Equal(GateLayout.GateEnd, Defined("GATE_END"));
        Assert.Equal((ulong)GateLayout.MaxThreads, Defined("MAX_THREADS"));
        Assert.Equal((ulong)GateLayout.SlotSize, Defined("SLOT_SIZE"));
        Assert.Equal((ulong)GateLayout.SocketFd, Defined("SOCKET_FD"));
        Assert.Equal((ulong)GateLayout.Kick, Defined("KICK"));
        Assert.Equal((ulong)GateLayout.OpsPerReply, Defined("OPS_PER_REPLY"));
        Assert.Equal(GateLayout.SlotSize, System.Runtime.CompilerServices.Unsafe.SizeOf<Slot>());
        Assert.Equal(Enum.GetNames<ReplyAction>().Length, Regex.Count(header, @"^    ACTION_", RegexOptions.Multiline));
        Assert.Equal(Enum.GetNames<RequestKind>().Length, Regex.Count(header, @"^    REQUEST_", RegexOptions.Multiline));
    }

    /// <summary>As the host shows them: filters, no new privileges, no capabilities, no files but one socket.</summary>
    [Theory]
    [InlineData("--user=1000:1000", "0000000000000000")]
    [InlineData("--as-root", "00000000000000db")]
    public void TheHostSeesConfinedProcesses(string user, string capabilities)
    {
        using var person = new Person();
        person.Do("run", "-d", "--name", "life", "--isolation", "userkernel", user, "--rootfs", Roots.Busybox, "/bin/sh", "-c", "sleep 1000 & echo up; wait").Ok();
        Poll.Until("its line", () => person.Do("logs", "life").Ok() == "up");
        int kernel = int.Parse(person.Do("inspect", "--format", "{{.State.Pid}}", "life").Ok(), System.Globalization.CultureInfo.InvariantCulture);
        string[] children = File.ReadAllText($"/proc/{kernel}/task/{kernel}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(children.Length >= 3, "a template and two guests: " + string.Join(' ', children));
        foreach (string pid in children.Append(kernel.ToString(System.Globalization.CultureInfo.InvariantCulture)))
        {
            string[] status = File.ReadAllLines($"/proc/{pid}/status");
            Assert.Contains("Seccomp:\t2", status);
            Assert.Contains("NoNewPrivs:\t1", status);
            string given = Array.IndexOf(children, pid) >= 0 ? "0000000000000000" : capabilities;
            Assert.Contains("CapEff:\t" + given, status);
            Assert.Contains("CapPrm:\t" + given, status);
            Assert.Contains("CapAmb:\t0000000000000000", status);
        }
        foreach (string pid in children)
        {
            Assert.Equal(["3"], Directory.GetFileSystemEntries($"/proc/{pid}/fd").Select(Path.GetFileName));
            Assert.StartsWith("socket:", new FileInfo($"/proc/{pid}/fd/3").LinkTarget, StringComparison.Ordinal);
        }
    }

    /// <summary>What stands on the host for a process of exec is behind the same wall, without a capability.</summary>
    [Fact]
    public void WhatStandsForAnExecIsConfinedToo()
    {
        using var person = new Person();
        person.Do("run", "-d", "--name", "life", "--isolation", "userkernel", "--as-root", "--rootfs", Roots.Busybox, "sleep", "1000").Ok();
        int kernel = int.Parse(person.Do("inspect", "--format", "{{.State.Pid}}", "life").Ok(), System.Globalization.CultureInfo.InvariantCulture);
        person.Do("exec", "-d", "life", "sleep", "1234").Ok();
        string[] Others() => [.. Directory.GetDirectories("/proc", "*").Select(Path.GetFileName).OfType<string>().Where(pid => int.TryParse(pid, out int number) && number != kernel && IsOf(pid, kernel))];
        Poll.Until("the other", () => Others().Length == 1 && File.ReadAllText($"/proc/{Others()[0]}/status").Contains("Seccomp:\t2", StringComparison.Ordinal));
        string[] status = File.ReadAllLines($"/proc/{Others()[0]}/status");
        Assert.Contains("NoNewPrivs:\t1", status);
        Assert.Contains("CapPrm:\t0000000000000000", status);
        Assert.Contains("CapEff:\t0000000000000000", status);
    }

    /// <summary>Our program in the pid namespace of that kernel.</summary>
    private static bool IsOf(string pid, int kernel)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm") == "bulkhead-kernel\n" && new FileInfo($"/proc/{pid}/ns/pid").LinkTarget == new FileInfo($"/proc/{kernel}/ns/pid").LinkTarget;
        }
        catch (IOException)
        {
            return false; // gone since the listing
        }
    }

    /// <summary>A guest that dies by SIGKILL from outside, or whose kernel does, leaves nothing.</summary>
    [Fact]
    public void NothingOutlivesTheKernel()
    {
        using var person = new Person();
        person.Do("run", "-d", "--name", "life", "--isolation", "userkernel", "--rootfs", Roots.Busybox, "/bin/sh", "-c", "sleep 1000 & sleep 1000 & echo up; wait").Ok();
        Poll.Until("its line", () => person.Do("logs", "life").Ok() == "up");
        int kernel = int.Parse(person.Do("inspect", "--format", "{{.State.Pid}}", "life").Ok(), System.Globalization.CultureInfo.InvariantCulture);
        List<string> all = [.. File.ReadAllText($"/proc/{kernel}/task/{kernel}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        Command.Run("kill", "-9", kernel.ToString(System.Globalization.CultureInfo.InvariantCulture)).Ok();
        Assert.Equal("137", person.Do("wait", "life").Ok());
        Poll.Until("their end", () => all.TrueForAll(pid => !Directory.Exists("/proc/" + pid)));
    }
}
