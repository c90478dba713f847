using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;

namespace Bulkhead.Security;

/// <summary>The table of docs/threat-model.md is the code's, and the code's is complete.</summary>
public sealed class ProbeTableTests
{
    [Fact]
    public void The_document_lists_what_the_code_has()
    {
        string[] expected = ProbeTable.All.Select(r => r.ToString()).ToArray();
        string[] written = File.ReadLines(Path.Combine(Host.Root, "docs/threat-model.md")).Where(l => l.StartsWith("| E", StringComparison.Ordinal)).ToArray();
        // To copy from when the code has changed.
        if (!expected.SequenceEqual(written))
            File.WriteAllLines(Path.Combine(Host.Root, ".work/probes.md"), expected);

        Assert.Equal(expected, written);
    }

    [Fact]
    public void Every_probe_of_the_program_is_in_the_table()
    {
        string[] compiled = Host.Run(Host.Probe, "--list").MustSucceed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Empty(compiled.Except(ProbeTable.All.Select(r => r.Id)));
        Assert.Empty(Doors.All.Select(d => d.Id).Except(compiled));
    }

    [Fact]
    public void Every_probe_with_a_test_of_its_own_is_in_the_table()
    {
        IEnumerable<MemberInfo> members = typeof(ProbeTableTests).Assembly.GetTypes().SelectMany(t => t.GetMethods().Append<MemberInfo>(t));
        IEnumerable<string> marked = members.SelectMany(m => m.GetCustomAttributes<TraitAttribute>()).Where(t => t.Name == "Probe").Select(t => t.Value);

        Assert.Equal(ProbeTable.Others.Select(r => r.Id).Order(StringComparer.Ordinal), marked.Distinct().Order(StringComparer.Ordinal));
    }
}
