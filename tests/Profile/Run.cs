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
        Command(["run", "--rm", "--rootfs", RootFileSystem, .. flags, "/bin/sh", "-c", script]);

    public Outcome Command(params string[] words) => TestSupport.Command.Run([Program, .. words], null, _environment);

    /// <summary>What is done with a container that lives meanwhile.</summary>
    public Outcome Living(string[] flags, Func<string, Outcome> use)
    {
        string name = _folder.Name + "c";
        try
        {
            Command(["run", "-d", "--rm", "--name", name, "--rootfs", RootFileSystem, .. flags, "/bin/sleep", "1000"]).Ok();
            return use(name);
        }
        finally
        {
            // Its monitor removes it.
            Command("kill", name).Ok();
            Poll.Until("the container to go", () => Directory.GetDirectories(_folder["data/containers"]).Length == 0);
        }
    }

    public void Dispose() => _folder.Dispose();
}
