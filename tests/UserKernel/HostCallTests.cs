using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Bulkhead.TestSupport;
using Bulkhead.UserKernel.Confinement;

namespace Bulkhead.UserKernels;

/// <summary>Which host calls a cell really makes, seen from outside by a tracer (Hostile/tracer.c): the guest's word counts for nothing.</summary>
public sealed class HostCallTests
{
    /// <summary>Registers set from outside, at each instruction of the gate's, in a guest and in the template. Both go on afterwards.</summary>
    [Fact]
    public void WhatTheWallDoesNotAllowIsTrappedAtEachInstructionOfTheGate()
    {
        using var person = new Person();
        string tracer = person.Make("tools") + "/tracer";
        Hostile.Compile("tracer", tracer);
        person.Do("run", "-d", "--name", "life", "--isolation", "userkernel", "--rootfs", Roots.Busybox, "sleep", "1000").Ok();
        int kernel = Hostile.KernelOf(person, "life");
        Poll.Until("a guest", () => Hostile.ChildrenOf(kernel).Length == 2);
        foreach (string cell in Hostile.ChildrenOf(kernel))
            Assert.Matches(@"^\d{5,} calls at \d{2,} sites trapped$", Command.Run(tracer, "drive", cell).Ok());
        Assert.Equal("well", person.Do("exec", "life", "/bin/sh", "-c", "cat /proc/1/comm >/dev/null && echo well").Ok());
    }

    /// <summary>
    /// A program that jumps to those instructions itself: all numbers, hostile values for what is allowed, int 0x80, 32-bit code, frames of its own for
    /// rt_sigreturn. No call is made that the wall does not allow; the allowed ones are made, and change nothing outside the process that makes them.
    /// </summary>
    [Fact]
    public async Task AHostileProgramMakesNoOtherCall()
    {
        using var person = new Person();
        string tracer = person.Make("tools") + "/tracer", root = Hostile.Root(person, "jumps");
        Hostile.Compile("tracer", tracer);
        using var canary = new Canary();
        string[] before = Hostile.Snapshot(root);
        person.Do("run", "-d", "--name", "life", "--isolation", "userkernel", "--security-opt", "seccomp=unconfined", "--pids-limit", "300", "--memory", "512m", "--rootfs", root, "/bin/jumps", "7", Machine.HasI386Calls ? "i386" : "no-i386").Ok();
        int kernel = Hostile.KernelOf(person, "life");
        using var space = new PidSpace(kernel);
        Poll.Until("a guest", () => Hostile.ChildrenOf(kernel).Length == 2);
        using Process watch = Hostile.Start(tracer, "watch", kernel.ToString(CultureInfo.InvariantCulture));
        Assert.Equal("watching", await watch.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        Task<string> rest = watch.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string go = Path.Combine(root, "go");
        File.WriteAllText(go, "");
        Poll.Until("its end", () => person.Do("inspect", "--format", "{{.State.Status}}", "life").Ok() == "exited", 240);
        File.Delete(go);
        Assert.True(watch.WaitForExit(20_000), "the tracer still has somebody to watch");
        string seen = await rest, told = person.Do("logs", "life").Ok();
        Assert.True(watch.ExitCode == 0, seen);
        Assert.True(person.Do("wait", "life").Ok() == "0", told);
        Assert.Contains(" 0 broken", told, StringComparison.Ordinal);
        Assert.Contains("neighbour: ", told, StringComparison.Ordinal);
        CheckCounts(seen);
        Assert.Empty(space.Processes());
        Assert.True(canary.Lives);
        Assert.Equal(before, Hostile.Snapshot(root));
    }

    /// <summary>Lines "call NUMBER MADE TRAPPED": of the allowed each was made, of the others none.</summary>
    private static void CheckCounts(string seen)
    {
        Dictionary<int, (long Made, long Trapped)> counts = [];
        foreach (string line in seen.Split('\n').Where(line => line.StartsWith("call ", StringComparison.Ordinal)))
        {
            long[] numbers = [.. line.Split(' ')[1..].Select(word => long.Parse(word, CultureInfo.InvariantCulture))];
            counts[(int)numbers[0]] = (numbers[1], numbers[2]);
        }
        int[] ofHost = [335, 336]; // walls.h
        HashSet<int> allowed = [.. CellCalls.Calls.Select(call => call.Nr)];
        int tried = 0;
        foreach (int nr in Enumerable.Range(0, 601).Except(ofHost))
        {
            (long made, long trapped) = counts.GetValueOrDefault(nr);
            Assert.True(allowed.Contains(nr) ? made > 0 : made == 0, $"number {nr}: made {made} times, trapped {trapped} times");
            tried += made + trapped > 0 ? 1 : 0;
        }
        Assert.InRange(tried, 540, 600); // a child is given a moment, which on a busy machine may not be enough
        Assert.Equal(0, counts[601].Made); // x32, i386 and the rest
        Assert.True(counts[601].Trapped > (Machine.HasI386Calls ? 600 : 200), $"foreign ABIs were tried {counts[601].Trapped} times");
    }
}
