using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;

namespace Bulkhead.Chaos;

/// <summary>One moment: before (or after) the N-th call of this name that the process of this role makes, or a thread of it.</summary>
internal sealed record KillPoint(string Verb, string Role, string Call, int Nth, bool After)
{
    public override string ToString() => $"{Verb}/{Role}/{(After ? "after" : "before")}/{Call}#{Nth}";
}

/// <summary>Native/chaos.c, compiled once.</summary>
internal sealed class Tracer : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("bulkhead-tracer-").FullName;

    private readonly string suffix;

    /// <param name="whole">Calls are counted through all threads of a process, not for each by itself: for commands of which several threads do the work.</param>
    public Tracer(bool whole = false)
    {
        suffix = whole ? "-whole" : "";
        Ran built = Ran.Run("gcc", "-O1", "-Wall", "-Werror", "-o", Program, AppContext.BaseDirectory + "/Native/chaos.c");
        Assert.True(built.Status == 0, built.Errors);
    }

    private string Program => folder + "/chaos";

    /// <summary>The state-changing calls of a run that nothing disturbs.</summary>
    public List<KillPoint> Points(string verb, bool after, params IEnumerable<string> command)
    {
        var points = new List<KillPoint>();
        Trace trace = Run(["record" + suffix], command);
        Assert.True(trace.Status == 0, $"{verb}: {trace.Ran.Errors}");
        foreach (string[] words in trace.Lines)
        {
            if (words[0] != "call")
                continue;
            points.Add(new KillPoint(verb, words[1], words[2], Number(words[3]), After: false));
            if (after)
                points.Add(new KillPoint(verb, words[1], words[2], Number(words[3]), After: true));
        }
        return points;
    }

    public Trace Kill(KillPoint point, params IEnumerable<string> command) =>
        Run(["kill" + suffix, point.Role, point.Call, point.Nth.ToString(CultureInfo.InvariantCulture), point.After ? "after" : "before"], command);

    /// <summary>System calls and execs of the command and its children.</summary>
    public Trace Count(params IEnumerable<string> command) => Run(["count"], command);

    public Trace Faults(params IEnumerable<string> command) => Run(["faults"], command);

    /// <summary>A command of many: it may take minutes on a slow machine.</summary>
    public Trace Reap(params IEnumerable<string> command) => Run(["reap"], command, TimeSpan.FromMinutes(5));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private Trace Run(string[] mode, IEnumerable<string> command, TimeSpan? limit = null)
    {
        string file = folder + "/" + Guid.NewGuid().ToString("N");
        string[] whole = [Program, .. mode, file, .. command];
        Ran ran = limit is { } most ? Ran.RunFor(most, null, whole) : Ran.Run(whole);
        var lines = new List<string[]>();
        foreach (string line in File.ReadAllLines(file))
            lines.Add(line.Split(' '));
        File.Delete(file);
        return new Trace(ran, lines);
    }

    internal static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>What the tracer wrote.</summary>
internal sealed record Trace(Ran Ran, List<string[]> Lines)
{
    /// <summary>Of the command; 137: it was killed.</summary>
    public int Status => Value("exit");

    public bool Reached => Lines.Exists(words => words[0] == "killed");

    public IEnumerable<int> Pids()
    {
        foreach (string[] words in Lines)
        {
            if (words[0] == "pid")
                yield return Tracer.Number(words[2]);
        }
    }

    public int Value(string name) => Lines.Find(words => words[0] == name) is { } line ? Tracer.Number(line[1]) : -1;
}
