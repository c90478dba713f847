using System;
using System.Collections.Generic;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>Somebody with containers of their own, which are gone with them.</summary>
internal sealed class Person : IDisposable
{
    private readonly TempFolder _folder = new("uk");
    public Person() => Environment = new() { ["BULKHEAD_DATA"] = _folder.Make("data") };

    public Dictionary<string, string> Environment { get; }

    public static string Program { get; } = System.Environment.GetEnvironmentVariable("BULKHEAD") is { Length: > 0 } named ? named : Path.Combine(Repository.Root, "out/bulkhead");

    public string Make(string name) => _folder.Make(name);

    public string At(string name) => _folder[name];

    public Outcome Do(params string[] words) => Answer("", words);

    public Outcome Answer(string input, params string[] words) => Command.Run([Program, .. words], input, Environment);

    /// <summary>A program on a tier, to its end, which may take <paramref name="limit"/>.</summary>
    public Outcome RunLong(TimeSpan limit, string tier, params string[] words) => Command.Run([Program, "run", "--rm", "--isolation", tier, .. words], "", Environment, limit);

    /// <summary>At a terminal of this size.</summary>
    public Pty Sit(ushort rows, ushort columns, params string[] words) => new(rows, columns, [Program, .. words], Environment);

    /// <summary>A program on a tier, to its end. <paramref name="words"/>: flags, the root and the program.</summary>
    public Outcome Run(string tier, params string[] words) => Do(["run", "--rm", "--isolation", tier, .. words]);

    /// <summary>A shell script in busybox on a tier.</summary>
    public Outcome Script(string tier, string script, params string[] flags) => Run(tier, [.. flags, "--rootfs", Roots.Busybox, "/bin/sh", "-c", script]);

    public void Dispose()
    {
        try
        {
            string[] ids = Do("ps", "-aq", "--no-trunc").Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (ids.Length > 0)
                Do(["rm", "-f", .. ids]).Ok();
        }
        finally
        {
            _folder.Dispose();
        }
    }
}
