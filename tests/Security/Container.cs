using System;
using System.Globalization;
using System.IO;
using System.Text.Json.Nodes;
using System.Threading;

namespace Bulkhead.Security;

/// <summary>One container of the runtime under test, deleted with the object.</summary>
internal sealed class Container : IDisposable
{
    private static int counter;
    private readonly string bundle;

    public Container(JsonObject config)
    {
        Id = string.Create(CultureInfo.InvariantCulture, $"bulkhead-security-{Environment.ProcessId}-{Interlocked.Increment(ref counter)}");
        bundle = Path.Combine(Host.Work, Id);
        Directory.CreateDirectory(bundle);
        config["linux"]!["cgroupsPath"] ??= "/" + Id;
        File.WriteAllText(Path.Combine(bundle, "config.json"), config.ToJsonString());
    }

    public string Id { get; }

    public Tier Tier { get; init; }

    private string Runtime => Host.RuntimeOf(Tier);

    /// <summary>What stands before the runtime's own command line: programs of probe/tools.c.</summary>
    public string[] Wrapper { get; init; } = [];

    /// <summary>Options of create, run and exec.</summary>
    public string[] Options { get; init; } = [];

    public Said Run(params string[] options) => Call("run", ["--bundle", bundle, .. Options, .. options, Id]);

    /// <summary>To a file: a container that lives on would hold a pipe open.</summary>
    public Said Create(params string[] options)
    {
        string log = Path.Combine(bundle, "log");
        string[] line = [.. Wrapper, Runtime, "--root", Path.Combine(Host.Work, "state"), "create", "--bundle", bundle, .. Options, .. options, Id];
        Said said = Host.Run("/bin/sh", ["-c", "exec \"$@\" >\"$0\" 2>&1 </dev/null", log, .. line]);
        return said with { Output = File.ReadAllText(log) };
    }

    public Said Start() => Call("start", Id);

    /// <summary>Create and start.</summary>
    public void Begin()
    {
        Create().MustSucceed();
        Start().MustSucceed();
    }

    /// <summary>Exec behind a wrapper of its own.</summary>
    public Said ExecBy(string[] wrapper, string[] options, params string[] command) =>
        Host.Run(wrapper[0], [.. wrapper[1..], Runtime, "--root", Path.Combine(Host.Work, "state"), "exec", .. options, Id, .. command]);

    public Said Exec(params string[] command) => Call("exec", [Id, .. command]);

    public Said ExecWith(string[] options, params string[] command) => Call("exec", [.. options, Id, .. command]);

    public int Pid => JsonNode.Parse(Call("state", Id).MustSucceed().Output)!["pid"]!.GetValue<int>();

    public Said Call(string verb, params string[] arguments)
    {
        string[] line = [.. Wrapper, Runtime, "--root", Path.Combine(Host.Work, "state"), verb, .. arguments];
        return Host.Run(line[0], line[1..]);
    }

    public void Dispose()
    {
        Call("delete", "--force", Id).MustSucceed();
        Directory.Delete(bundle, recursive: true);
    }
}
