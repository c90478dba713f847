using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>
/// tests/Differential/cases, one program, on the host's kernel and on ours: every case prints the same, but for those in known-differences.txt,
/// which must differ still: a case that has become equal leaves the list. What they show of each call decides which are "full" (ShownCalls).
/// </summary>
public sealed class DifferentialTests
{
    private const string Cases = "tests/Differential/cases";
    private const int MostTries = 3;

    [Fact]
    public void EveryCasePrintsTheSameOnBothKernels()
    {
        using var person = new Person();
        string root = person.Make("root");
        Command.Run("chmod", "755", root).Ok();
        foreach (string name in (string[])["bin", "tmp", "proc", "dev", "sys", "etc", "run"])
            Directory.CreateDirectory(Path.Combine(root, name));
        string[] sources = Directory.GetFiles(Path.Combine(Repository.Root, Cases), "*.c");
        Command.Run(["gcc", "-O1", "-Wall", "-Wextra", "-static", "-pthread", "-o", root + "/bin/cases", .. sources], null, null).Ok();

        Dictionary<string, string> native = Run(person, "hardened", root, "all"), ours = [];
        // Family by family: a case that hangs takes five seconds.
        foreach (string family in native.Keys.Select(name => name.Split('/')[0]).Distinct())
        {
            foreach (KeyValuePair<string, string> pair in Run(person, "userkernel", root, "all", family + "/"))
                ours.Add(pair.Key, pair.Value);
        }
        Assert.True(native.Count >= 400, $"only {native.Count} cases ran");
        HashSet<string> known = [.. File.ReadAllLines(Path.Combine(Repository.Root, "tests/Differential/known-differences.txt")).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' ')[0])];
        Assert.Equal([], known.Except(native.Keys));

        SortedSet<string> full = ShownCalls.Full(native.Where(pair => !known.Contains(pair.Key)).Select(pair => pair.Value));
        if (Environment.GetEnvironmentVariable("BULKHEAD_UPDATE") == "1")
            ShownCalls.Write(full);

        List<string> wrong = [];
        foreach ((string name, string expected) in native)
        {
            if (known.Contains(name))
                continue;
            // What hangs on timing may differ once on a busy machine, not every time.
            string seen = ours.GetValueOrDefault(name, "(did not run)");
            for (int i = 1; i < MostTries && seen != expected; i++)
                seen = Run(person, "userkernel", root, name).GetValueOrDefault(name, "(did not run)");
            if (seen != expected)
                wrong.Add($"{name}\n--- Linux\n{expected}--- ours\n{seen}");
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {native.Count} differ:\n{string.Join('\n', wrong)}");
        // Twice equal is no accident.
        string[] mended = [.. known.Where(name => ours.GetValueOrDefault(name) == native[name]).Where(name => Run(person, "userkernel", root, name).GetValueOrDefault(name) == native[name])];
        Assert.True(full.SetEquals(ShownCalls.Listed), "full-calls.txt is another list (BULKHEAD_UPDATE=1 writes it): " + string.Join(' ', full.Except(ShownCalls.Listed)) + " / " + string.Join(' ', ShownCalls.Listed.Except(full)));
        Assert.True(mended.Length == 0, "equal now, so off known-differences.txt: " + string.Join(' ', mended));
    }

    /// <summary>Name to output and end, of all cases or of one.</summary>
    private static Dictionary<string, string> Run(Person person, string tier, string root, params string[] which)
    {
        Outcome all = person.Run(tier, ["--security-opt", "seccomp=unconfined", "--security-opt", "landlock=off", "--pids-limit", "4000", "--user", "1000:1000", "--tmpfs", "/tmp:exec", "-w", "/tmp", "--rootfs", root, "/bin/cases", .. which]);
        var results = new Dictionary<string, string>(StringComparer.Ordinal);
        string? name = null;
        foreach (string line in all.Out.Split('\n'))
        {
            if (line.StartsWith("== ", StringComparison.Ordinal))
                results[name = line[3..]] = "";
            else if (name is not null)
                results[name] += line + "\n";
        }
        if (results.Count == 0)
            throw new InvalidOperationException(all.ToString());
        return results.ToDictionary(pair => pair.Key, pair => pair.Value.TrimEnd('\n') + "\n", StringComparer.Ordinal);
    }
}
