using System;
using System.Globalization;
using System.IO;
using System.Threading;

namespace Bulkhead.Security;

/// <summary>One container of `bulkhead run`, removed with the object.</summary>
/// <param name="flags">Of run.</param>
internal sealed class Workload(params string[] flags) : IDisposable
{
    private static int counter;

    public string Name { get; } = string.Create(CultureInfo.InvariantCulture, $"security-{Environment.ProcessId}-{Interlocked.Increment(ref counter)}");

    /// <summary>What stands before the command line of each call: programs of probe/tools.c.</summary>
    public string[] Wrapper { get; init; } = [];

    public string Root { get; init; } = Rootfs.Shared;

    public Tier Tier { get; init; }

    private string[] Isolation => Tier == Tier.UserKernel ? ["--isolation", "userkernel"] : [];

    /// <summary>In the foreground, to its end.</summary>
    public Said Run(params string[] command) => Call("run", ["--name", Name, "--rootfs", Root, .. Isolation, .. flags, .. command]);

    /// <summary>In the background; into a file: the monitor would hold a pipe open.</summary>
    public void Begin(params string[] command)
    {
        string log = Path.Combine(Host.Work, Name);
        Said said = Host.Run("/bin/sh", ["-c", "exec \"$@\" >\"$0\" 2>&1 </dev/null", log, .. Line("run", ["-d", "--name", Name, "--rootfs", Root, .. Isolation, .. flags, .. command])]);
        Assert.True(said.Status == 0, File.ReadAllText(log));
    }

    public Said Exec(params string[] command) => Call("exec", [Name, .. command]);

    public Said Call(string verb, params string[] words)
    {
        string[] line = Line(verb, words);
        return Host.Run(line[0], line[1..]);
    }

    private string[] Line(string verb, string[] words) => [.. Wrapper, "/usr/bin/env", "BULKHEAD_DATA=" + Host.Work + "/data", Host.Command, verb, .. words];

    public void Dispose()
    {
        Said said = Call("rm", "-f", Name);
        Assert.True(said.Status == 0 || said.All.Contains("no such container", StringComparison.Ordinal), said.ToString());
    }
}
