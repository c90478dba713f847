using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;
using Bulkhead.TestSupport;

namespace Bulkhead.Folders;

/// <summary>The tables in the documents are those of the tests. $BULKHEAD_WRITE_DOCS=1 writes them.</summary>
public sealed class DocumentTests
{
    [Fact]
    public void TheMatrixIsWhatTheTestsTry() => Holds("folders.md", Matrix());

    /// <summary>The name of a row is unique: it finds the test.</summary>
    [Fact]
    public void RowsHaveNamesOfTheirOwn() => Assert.Equal(FolderCases.All.Length, FolderCases.All.Select(row => row.Name).Distinct().Count());

    internal static void Holds(string document, string table)
    {
        const string Begin = "<!-- table -->\n", End = "<!-- end -->\n";
        string path = $"{Repository.Root}/docs/{document}", text = File.ReadAllText(path);
        int begin = text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, end = text.IndexOf(End, StringComparison.Ordinal);
        Assert.True(begin >= Begin.Length && end >= begin, document + " has no place for a table");
        string wanted = text[..begin] + table + text[end..];
        if (Environment.GetEnvironmentVariable("BULKHEAD_WRITE_DOCS") == "1")
            File.WriteAllText(path, wanted);
        Assert.Equal(wanted, File.ReadAllText(path));
    }

    private static string Matrix()
    {
        var text = new StringBuilder("| Case | What holds |");
        foreach (FileSystem system in FileSystem.All)
            text.Append(CultureInfo.InvariantCulture, $" {system.Name} |");
        text.Append("\n|---|---|").Append(string.Concat(FileSystem.All.Select(_ => "---|"))).Append('\n');
        foreach (FolderCase row in FolderCases.All)
            Row(text, row.Name, row.Says, FileSystem.Mapped);
        foreach ((string method, string says) in s_living)
        {
            MethodInfo test = typeof(LivingTests).GetMethod(method) ?? throw new InvalidOperationException("no test " + method);
            string[] systems = test.GetCustomAttributes<InlineDataAttribute>().Select(data => (string)data.Data![0]!).ToArray();
            Row(text, "`LivingTests." + method + "`", says, systems.Length > 0 ? systems : FileSystem.Mapped);
        }
        return text.ToString();
    }

    private static readonly (string Method, string Says)[] s_living =
    [
        (nameof(LivingTests.LocksHoldAcross), "flock and fcntl locks hold between host and container, both ways"),
        (nameof(LivingTests.SharedMappingsAreSeenAtOnce), "writes through a shared mapping, both ways"),
        (nameof(LivingTests.ChangesAreNotifiedAcross), "inotify, both ways"),
        (nameof(LivingTests.LaterMountsComeInAsAskedFor), "the host's later mounts: not with rprivate (the default), with rslave and rshared; they are not mapped, so written only where others may"),
    ];

    private static void Row(StringBuilder text, string name, string says, string[] systems)
    {
        text.Append(CultureInfo.InvariantCulture, $"| {name} | {says} |");
        foreach (FileSystem system in FileSystem.All)
            text.Append(!system.Maps ? " refused |" : systems.Contains(system.Name) ? " yes |" : " |");
        text.Append('\n');
    }
}
