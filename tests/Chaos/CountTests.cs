using System;
using System.Collections.Generic;
using System.Linq;

namespace Bulkhead.Chaos;

/// <summary>Speed is guarded by counts: system calls, minor faults and execs of every verb, a few percent above what they are today.</summary>
public sealed class CountTests : IDisposable
{
    private const int Runs = 5;
    private readonly Bundle bundle = new();
    private readonly Tracer tracer = new();

    /// <param name="verb">What is run, on a container that is ready for it.</param>
    /// <param name="calls">System calls of the runtime and its children while they live.</param>
    /// <param name="faults">Minor faults of the runtime and the children that it waited for.</param>
    /// <param name="execs">Programs executed.</param>
    [Theory]
    [InlineData("--version", 195, 124, 1)]
    [InlineData("create", 805, 215, 2)]
    [InlineData("start", 217, 132, 1)]
    [InlineData("state", 219, 145, 1)]
    [InlineData("exec", 497, 206, 3)]
    [InlineData("delete", 241, 138, 1)]
    [InlineData("run", 970, 271, 3)]
    public void Counts_stay_within_their_budget(string verb, int calls, int faults, int execs)
    {
        var measured = new List<(int Calls, int Faults, int Execs)>();
        for (int i = 0; i < Runs; i++)
        {
            Trace count = Once(verb, command => tracer.Count(command)), fault = Once(verb, command => tracer.Faults(command));
            measured.Add((count.Value("syscalls"), fault.Value("faults"), count.Value("execs")));
        }
        int theCalls = Median(measured, m => m.Calls), theExecs = Median(measured, m => m.Execs);
        // Where the host puts things at random costs a page more in some runs, never one less: the least is the verb's own.
        int theFaults = measured.Min(m => m.Faults);
        string text = $"{verb}: {theCalls} system calls, {theFaults} minor faults, {theExecs} execs";
        TestContext.Current.TestOutputHelper!.WriteLine(text);

        Assert.True(theCalls <= calls && theFaults <= faults && theExecs <= execs, $"{text}; at most {calls}, {faults}, {execs}");
    }

    public void Dispose()
    {
        bundle.Dispose();
        tracer.Dispose();
    }

    private Trace Once(string verb, Func<string[], Trace> run)
    {
        const string Id = "counted";
        bundle.Config["process"]!["args"] = verb == "run" ? new System.Text.Json.Nodes.JsonArray("/bin/true") : new System.Text.Json.Nodes.JsonArray("/bin/sleep", "1000");
        bundle.Save();
        if (verb is not ("create" or "run" or "--version"))
            Must("create", "--bundle", bundle.Folder, Id);
        if (verb is "exec" or "state" or "delete")
            Must("start", Id);
        if (verb == "delete")
        {
            Must("kill", Id, "KILL");
            while (!bundle.Oci("state", Id).Output.Contains("\"stopped\"", StringComparison.Ordinal))
                continue;
        }
        string[] words = verb switch
        {
            "--version" => [verb],
            "create" or "run" => [verb, "--bundle", bundle.Folder, Id],
            "exec" => [verb, Id, "/bin/true"],
            _ => [verb, Id],
        };
        Trace trace = run([Place.Runtime, "--root", bundle.States, .. words]);
        Assert.True(trace.Status == 0, trace.Ran.Errors);
        Must("delete", "--force", Id);
        return trace;
    }

    private void Must(params string[] words)
    {
        Ran ran = bundle.Oci(words);
        Assert.True(ran.Status == 0, string.Join(' ', words) + ": " + ran.Errors);
    }

    private static int Median(List<(int Calls, int Faults, int Execs)> runs, Func<(int Calls, int Faults, int Execs), int> pick)
    {
        var values = runs.ConvertAll(run => pick(run));
        values.Sort();
        return values[values.Count / 2];
    }
}
