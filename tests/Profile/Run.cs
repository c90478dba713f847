using System;
using System.Collections.Generic;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.Profile;

/// <summary>`bulkhead run --rm` of one root file system, with a data folder of its own.</summary>
internal sealed class Run : IDisposable
{
    private readonly TempFolder _folder = new("pr");
    private readonly Dictionary<string, string> _environment;

    public Run()
    {
        RootFileSystem = _folder.Make("rootfs");
        BusyboxImage.MakeRootFileSystem(RootFileSystem);
        _environment = new() { ["BULKHEAD_DATA"] = _folder.Make("data") };
    }

    public static string Program { get; } = Environment.GetEnvironmentVariable("BULKHEAD") is { Length: > 0 } named ? named : Path.Combine(Repository.Root, "out/bulkhead");

    /// <summary>Busybox, unless it is set.</summary>
    public string RootFileSystem { get; set; }

    public Outcome Shell(string script, params string[] flags) =>
        Command.Run([Program, "run", "--rm", "--rootfs", RootFileSystem, .. flags, "/bin/sh", "-c", script], null, _environment);

    public void Dispose() => _folder.Dispose();
}
