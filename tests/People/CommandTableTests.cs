using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Bulkhead.TestSupport;

namespace Bulkhead.People;

/// <summary>docs/command.md is what --help of all three says.</summary>
public sealed class CommandTableTests
{
    private static readonly string[] OfRunOnly = ["--detach", "--detach-keys", "--pidfile", "--sig-proxy"];

    [Fact]
    public void OurFlagsAreInTheTableAsTheyAre() => Compare(HelpFlags.Of(Person.Program), Table("## Flags of run"));

    [Fact]
    public void OurVerbsAreInTheTableAsTheyAre() => Compare(Verbs(Person.Program), Table("## Verbs"));

    [Theory]
    [InlineData("docker", 2)]
    [InlineData("podman", 3)]
    public void NoFlagOfTheirsIsForgotten(string engine, int column)
    {
        Dictionary<string, string[]> table = Table("## Flags of run");
        Assert.All(HelpFlags.Of(engine), flag => Assert.Equal("yes", table.GetValueOrDefault(flag)?[column].Trim()));
    }

    [Fact]
    public void CreateHasThoseOfRun()
    {
        HashSet<string> run = HelpFlags.Of(Person.Program);
        run.ExceptWith(OfRunOnly);
        Assert.Equal([.. run], HelpFlags.Of(Person.Program, "create"));
    }

    /// <summary>container VERB: those that docker has there, and docker's other names for ls.</summary>
    [Fact]
    public void ContainerHasDockersVerbs()
    {
        HashSet<string> theirs = Verbs("docker", "container");
        theirs.UnionWith(["list", "ps"]);
        Assert.Equal([.. theirs.Order(StringComparer.Ordinal)], Verbs(Person.Program, "container").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void WhatDiffersIsExplained()
    {
        foreach (string heading in new[] { "## Verbs", "## Flags of run" })
        {
            Assert.All(Table(heading), row => Assert.True(row.Value[4].Trim() is "have" or "not yet" || row.Value[5].Trim().Length > 5, row.Key));
        }
    }

    private static void Compare(HashSet<string> ours, Dictionary<string, string[]> table)
    {
        Assert.All(ours, name => Assert.Contains(table.GetValueOrDefault(name)?[4].Trim() ?? name + " is not in the table", (string[])["have", "differs", "not yet"]));
        foreach ((string name, string[] row) in table)
        {
            if (row[4].Trim() is "have" or "differs")
                Assert.Contains(name, ours);
        }
    }

    private static HashSet<string> Verbs(params string[] command)
    {
        var verbs = new HashSet<string>();
        string help = Command.Run([.. command, "--help"]).Ok();
        foreach (string line in help[help.IndexOf("Commands:", StringComparison.Ordinal)..].Split("Examples:")[0].Split('\n'))
        {
            if (line.StartsWith("  ", StringComparison.Ordinal) && char.IsAsciiLetterLower(line[2]))
                verbs.UnionWith(line.Trim().Split("  ")[0].Split(", ").Select(name => name.Split(' ')[0]));
        }
        return verbs;
    }

    /// <summary>Rows by name: cells from 1 on.</summary>
    private static Dictionary<string, string[]> Table(string heading)
    {
        var rows = new Dictionary<string, string[]>();
        string text = File.ReadAllText(Path.Combine(Repository.Root, "docs/command.md"));
        text = text[text.IndexOf(heading, StringComparison.Ordinal)..];
        int end = text.IndexOf("\n## ", StringComparison.Ordinal);
        foreach (string line in text[..(end < 0 ? text.Length : end)].Split('\n'))
        {
            if (line.StartsWith("| `", StringComparison.Ordinal))
                rows.Add(line.Split('|')[1].Trim(' ', '`'), line.Split('|'));
        }
        return rows;
    }
}
