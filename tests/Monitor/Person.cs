using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.Monitors;

/// <summary>A person with a data folder of their own. At the end everything is removed, and it is an error if something stays.</summary>
internal sealed class Person : IDisposable
{
    private readonly TempFolder _folder = new("mo");
    private readonly HashSet<string> _ids = [];

    public Person(bool smallDisk = false)
    {
        Root = _folder.Make("rootfs");
        BusyboxImage.MakeRootFileSystem(Root);
        Data = _folder.Make("data");
        if (smallDisk)
            Command.Run("mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", Data).Ok();
        Environment = new() { ["BULKHEAD_DATA"] = Data };
    }

    public static string Program { get; } = System.Environment.GetEnvironmentVariable("BULKHEAD") is { Length: > 0 } named ? named : Path.Combine(Repository.Root, "out/bulkhead");

    public string Root { get; }

    public string Data { get; }

    public Dictionary<string, string> Environment { get; }

    /// <summary>Unique on the machine.</summary>
    public string Name => _folder.Name;

    public Outcome Do(params string[] words) => Command.Run([Program, .. words], null, Environment);

    /// <summary>run -d with a script; its id.</summary>
    public string Start(string script, params string[] flags)
    {
        string id = Do(["run", "-d", "--rootfs", Root, .. flags, "/bin/sh", "-c", script]).Ok().Trim();
        _ids.Add(id);
        return id;
    }

    public string[] Words(string script, params string[] flags) => [Program, "run", "--rootfs", Root, .. flags, "/bin/sh", "-c", script];

    public string Folder(string id) => $"{Data}/containers/{id}";

    /// <summary>Pid of the monitor of a container; null: it has none.</summary>
    public static int? Monitor(string id) => Leftovers.Processes("id=" + id)
        .Where(line => line.Contains("bulkhead-monitor", StringComparison.Ordinal))
        .Select(line => (int?)int.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture)).FirstOrDefault();

    public static void KillMonitor(string id)
    {
        int pid = Monitor(id) ?? throw new InvalidOperationException("no monitor");
        Linux.Kill(pid, Linux.SIGKILL);
        Poll.Until("the monitor to go", () => Monitor(id) != pid);
    }

    /// <summary>Status, as inspect has it; empty: it is not there.</summary>
    public string Status(string id)
    {
        Outcome outcome = Do("inspect", id);
        return outcome.ExitCode != 0 ? "" : Document(outcome).GetProperty("State").GetProperty("Status").GetString()!;
    }

    public JsonElement Inspect(string id)
    {
        Outcome outcome = Do("inspect", id);
        outcome.Ok();
        return Document(outcome);
    }

    /// <summary>The text of all entries; fails when one is not valid.</summary>
    public string Log(string id, string file = "log.json")
    {
        string path = Folder(id) + "/" + file;
        return !File.Exists(path) ? "" : string.Concat(File.ReadAllLines(path).Select(line =>
        {
            using JsonDocument entry = JsonDocument.Parse(line);
            return entry.RootElement.GetProperty("log").GetString();
        }));
    }

    public JsonElement Exit(string id)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Folder(id) + "/exit.json"));
        return document.RootElement.Clone();
    }

    /// <summary>Starts the command and does not wait for it.</summary>
    public Process Begin(params string[] words)
    {
        var start = new ProcessStartInfo(Program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (string word in words)
            start.ArgumentList.Add(word);
        foreach ((string name, string value) in Environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Removes all that a command can name, then says what is there all the same.</summary>
    public string[] Leftover()
    {
        foreach (string folder in Directory.Exists(Data + "/containers") ? Directory.GetDirectories(Data + "/containers") : [])
            _ids.Add(Path.GetFileName(folder).Split('.')[0]);
        string[] ids = Do("ps", "-aq").Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (ids.Length > 0)
            Do(["rm", "-f", .. ids]).Ok();
        var found = new List<string>();
        // A monitor tells the end before its own.
        try
        {
            Poll.Until("processes to end", () => Leftovers.Processes(Name).Length == 0, 5);
        }
        catch (TimeoutException)
        {
            found.AddRange(Leftovers.Processes(Name));
        }
        found.AddRange(Leftovers.MountsUnder(_folder.FullPath).Where(mount => mount != Data));
        found.AddRange(Names(Data + "/containers"));
        found.AddRange(Names(Data + "/names"));
        foreach (string id in _ids)
        {
            found.AddRange(Names("/run/bulkhead").Where(state => state.EndsWith(id, StringComparison.Ordinal)));
            found.AddRange(Leftovers.CgroupsUnder("bulkhead").Where(path => path.Contains(id, StringComparison.Ordinal)));
        }
        found.AddRange(Names("/run/bulkhead-ids").Where(link => new FileInfo(link).LinkTarget is { } owner
            && owner.StartsWith(Data + "/", StringComparison.Ordinal) && Directory.Exists(owner)));
        return [.. found];
    }

    public void Dispose()
    {
        string[] left = Leftover();
        foreach (string process in Leftovers.Processes(Name))
            Linux.Kill(int.Parse(process.Split(' ')[0], CultureInfo.InvariantCulture), Linux.SIGKILL);
        _folder.Dispose();
        Assert.Empty(left);
    }

    private static JsonElement Document(Outcome outcome)
    {
        using JsonDocument document = JsonDocument.Parse(outcome.Out);
        return document.RootElement[0].Clone();
    }

    private static string[] Names(string folder) => Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder) : [];
}
