using System;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>One lie to the kernel each (Hostile/protocol.c): it costs the liar at most its own process, and nothing of it stays.</summary>
public sealed class ProtocolTests
{
    [Theory]
    [InlineData("phantoms")] // children that were never made
    [InlineData("kept")] // nor those whose sockets are kept
    [InlineData("again")] // a fork is asked for while another is on its way
    [InlineData("denied")] // a child is denied after it has begun
    [InlineData("denied-thread")] // a thread is denied while it executes a program
    [InlineData("two-execute")] // two threads execute a program at once
    [InlineData("deaf")] // the socket is closed
    [InlineData("dead-vfork")] // a cell ends under a vfork child
    [InlineData("killed-vfork")] // no lie: a process ends while a thread of it waits for a vfork child
    [InlineData("last-words")] // a request of a process that ends before its answer
    [InlineData("orphan")] // no lie: a child without SIGCHLD whose parent is gone
    [InlineData("killed-early")] // no lie: a child is ended before it said a word
    [InlineData("flood")] // doorbells without end
    [InlineData("channel")] // a process that the kernel does not know has no channel
    [InlineData("mappers")] // no lie: descriptors for several threads at once
    [InlineData("ranges")] // a terabyte of pages
    public void OnlyTheLiarPays(string name)
    {
        using var person = new Person();
        string most = name == "killed-early" ? "20" : "200";
        Outcome run = person.Run("userkernel", "--pids-limit", most, "--memory", "512m", "--rootfs", Hostile.Root(person, "protocol"), "/bin/protocol", name);
        Assert.True(run.ExitCode == 0, run.ToString());
        Assert.EndsWith("0 failures", run.Ok(), StringComparison.Ordinal);
    }

    /// <summary>At the pids limit there is no process for a fresh cell beside the old one: programs are executed all the same, as they need none more.</summary>
    [Fact]
    public void ExecutionUnderAFullPidsLimitSucceeds()
    {
        using var person = new Person();
        Outcome run = person.Run("userkernel", "--pids-limit", "40", "--rootfs", Hostile.Root(person, "protocol"), "/bin/protocol", "crowd");
        Assert.True(run.ExitCode == 0, run.ToString());
    }

    /// <summary>Processes that a guest makes behind the kernel's back count against the limit and end with the sandbox.</summary>
    [Fact]
    public void UnknownProcessesAreBoundedAndEndWithTheSandbox()
    {
        using var person = new Person();
        person.Do("run", "-d", "--name", "life", "--isolation", "userkernel", "--pids-limit", "60", "--rootfs", Hostile.Root(person, "protocol"), "/bin/protocol", "unknown").Ok();
        Poll.Until("its line", () => person.Do("logs", "life").Ok().StartsWith("unknown processes: ", StringComparison.Ordinal));
        int kernel = Hostile.KernelOf(person, "life");
        using var space = new PidSpace(kernel);
        int count = space.Processes().Count;
        Assert.InRange(count, 40, 62);
        person.Do("rm", "-f", "life").Ok();
        Poll.Until("their end", () => space.Processes().Count == 0);
    }
}
