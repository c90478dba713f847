using System;
using System.Collections.Generic;
using System.IO;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.People;

/// <summary>Somebody with containers of their own, which are gone with them.</summary>
internal sealed class Person : IDisposable
{
    private readonly TempFolder _folder = new("pe");
    private readonly Dictionary<string, string> _environment;

    public Person() => _environment = new() { ["BULKHEAD_DATA"] = _folder.Make("data") };

    public static string Program { get; } = Environment.GetEnvironmentVariable("BULKHEAD") is { Length: > 0 } named ? named : Path.Combine(Repository.Root, "out/bulkhead");

    public string Data => _folder["data"];

    public Outcome Type(params string[] words) => Answer("", words);

    public Outcome Answer(string input, params string[] words) => Command.Run([Program, .. words], input, _environment);

    /// <summary>A shell script in a container that runs in the background.</summary>
    public string Run(string name, string script, params string[] flags) =>
        Type(["run", "-d", "--name", name, "--rootfs", SharedRoot.Path, .. flags, "/bin/sh", "-c", script]).Ok();

    public string Sleep(string name, params string[] flags) =>
        Type(["run", "-d", "--name", name, "--rootfs", SharedRoot.Path, .. flags, "/bin/sleep", "1000"]).Ok();

    public string Ended(string name, string script, params string[] flags)
    {
        string id = Run(name, script, flags);
        Type("wait", name).Ok();
        return id;
    }

    public JsonElement Inspect(string name) => JsonDocument.Parse(Type("inspect", name).Ok()).RootElement[0];

    public string Status(string name) => Inspect(name).GetProperty("State").GetProperty("Status").GetString()!;

    public void Dispose()
    {
        string[] ids = [];
        try
        {
            ids = Type("ps", "-aq", "--no-trunc").Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            if (ids.Length > 0)
                Type(["rm", "-f", .. ids]).Ok();
            Assert.True(!Directory.Exists(Data + "/containers") || Directory.GetDirectories(Data + "/containers").Length == 0, "rm left something");
        }
        finally
        {
            _folder.Dispose();
        }
        Assert.DoesNotContain(ids, id => Directory.Exists("/run/bulkhead/" + id));
    }
}
