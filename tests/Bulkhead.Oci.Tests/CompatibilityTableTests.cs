using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Bulkhead.TestSupport;

namespace Bulkhead.Oci.Tests;

/// <summary>docs/compatibility.md: every field names its oracle file and tests, and all of them exist.</summary>
public sealed partial class CompatibilityTableTests
{
    private static readonly string[][] s_rows = [.. Rows()];

    [Fact]
    public void The_table_has_every_section_of_the_specification()
    {
        string fields = string.Join('\n', s_rows.Select(row => row[0]));
        Assert.All((string[])
            ["ociVersion", "root.path", "hostname", "mounts.", "hooks", "annotations", "process.", "linux.namespaces", "linux.seccomp", "linux.resources.unified", "linux.intelRdt", "linux.memoryPolicy"],
            field => Assert.Contains(field, fields, System.StringComparison.Ordinal));
    }

    [Fact]
    public void Every_field_names_tests_that_exist()
    {
        Dictionary<string, string> sources = Directory.GetFiles(Repository.Root + "/tests", "*Tests.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/obj/", System.StringComparison.Ordinal))
            .GroupBy(path => Path.GetFileNameWithoutExtension(path), File.ReadAllText).ToDictionary(group => group.Key, string.Concat);
        var wrong = new List<string>();
        foreach (string[] row in s_rows)
        {
            foreach (string file in row[3].Split(", "))
            {
                if (!File.Exists($"{Repository.Root}/tests/Bulkhead.Oci.Tests/Oracle/{file}.jsonl"))
                    wrong.Add($"{row[0]}: no oracle {file}");
            }
            string[] tests = [.. Code().Matches(row[4]).Select(match => match.Groups[1].Value)];
            if (tests.Length == 0)
                wrong.Add($"{row[0]}: no test");
            wrong.AddRange(tests.Where(test => !Exists(test, sources)).Select(test => $"{row[0]}: no test {test}"));
        }
        Assert.Empty(wrong);
    }

    /// <summary>A file, or Class.Method, or Class.Method(ROW) of a theory whose rows begin with a name.</summary>
    private static bool Exists(string test, Dictionary<string, string> sources)
    {
        if (test.Contains('/', System.StringComparison.Ordinal))
            return File.Exists(Repository.Root + "/" + test);
        Match parts = Test().Match(test);
        return parts.Success && sources.TryGetValue(parts.Groups[1].Value, out string? source)
            && source.Contains($" {parts.Groups[2].Value}(", System.StringComparison.Ordinal)
            && (!parts.Groups[3].Success || source.Contains($"[InlineData(\"{parts.Groups[3].Value}\",", System.StringComparison.Ordinal));
    }

    /// <summary>The cells of the first table.</summary>
    private static IEnumerable<string[]> Rows() =>
        File.ReadLines(Repository.Root + "/docs/compatibility.md").SkipWhile(line => !line.StartsWith("|---", System.StringComparison.Ordinal)).Skip(1)
            .TakeWhile(line => line.StartsWith('|')).Select(line => line.Trim('|').Split('|').Select(cell => cell.Trim()).ToArray());

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"^(\w+)\.(\w+)(?:\((.+)\))?$")]
    private static partial Regex Test();
}
