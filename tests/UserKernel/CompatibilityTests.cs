using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;
using Bulkhead.Linux.Abi;
using Bulkhead.TestSupport;
using Bulkhead.UserKernel.Syscalls;

namespace Bulkhead.UserKernels;

/// <summary>docs/compatibility-syscalls.md is the dispatch table, line by line. BULKHEAD_UPDATE=1 writes it anew.</summary>
public sealed class CompatibilityTests
{
    /// <summary>What the gate answers in the guest's own process (eng/native/gate/gate.c).</summary>
    private static readonly Dictionary<string, string> Gate = new(StringComparer.Ordinal)
    {
        ["brk"] = "by the gate",
        ["futex"] = "by the gate; no priorities; in memory of several processes a requeue wakes all, and none goes to a lock",
        ["futex_waitv"] = "by the gate; not in memory of several processes: ENOSYS",
        ["mmap"] = "anonymous memory by the gate; files by the kernel",
        ["mprotect"] = "by the gate",
        ["mremap"] = "by the gate",
        ["munmap"] = "by the gate",
        ["rt_sigreturn"] = "by the gate",
        ["sched_yield"] = "by the gate",
    };

    [Fact]
    public void ThePageIsTheTable()
    {
        string path = Path.Combine(Repository.Root, "docs/compatibility-syscalls.md"), page = Page();
        if (Environment.GetEnvironmentVariable("BULKHEAD_UPDATE") == "1")
            File.WriteAllText(path, page);
        Assert.Equal(page, File.ReadAllText(path));
    }

    private static string Page()
    {
        FieldInfo[] numbers = [.. typeof(SysNr).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral && (int)field.GetRawConstantValue()! < SyscallTable.Size).OrderBy(field => (int)field.GetRawConstantValue()!)];
        var rows = new StringBuilder();
        int there = 0, full = 0;
        HashSet<string> shown = ShownCalls.Listed;
        foreach (FieldInfo number in numbers)
        {
            SyscallEntry entry = SyscallTable.Entry((int)number.GetRawConstantValue()!);
            bool gate = Gate.TryGetValue(number.Name, out string? note);
            if (entry.Exists)
                Assert.Equal(number.Name, entry.Name);
            bool exists = entry.Exists || gate;
            there += exists ? 1 : 0;
            bool isFull = exists && shown.Contains(number.Name) && (note ?? entry.Note) is "" or "by the gate";
            full += isFull ? 1 : 0;
            rows.Append(System.Globalization.CultureInfo.InvariantCulture, $"| {number.GetRawConstantValue()} | `{number.Name}` | {(isFull ? "full" : exists ? "yes" : "no: ENOSYS")} | {note ?? entry.Note} |\n");
        }
        string[] known = [.. File.ReadAllLines(Path.Combine(Repository.Root, "tests/Differential/known-differences.txt")).Where(line => line.Length > 0 && line[0] != '#')];
        return $"""
            # System calls of the user kernel

            Made from the dispatch table (`src/Bulkhead.UserKernel/Syscalls`) by `tests/UserKernel`, which holds this page to it. {there} of {numbers.Length} are there.
            {full} are "full": nothing is known to be missing, and cases that print the same on both kernels show a success and each documented error (`tests/Differential/documented-errors.txt`
            has the list, and which errors no program can bring about in a sandbox). "yes" is for calls of which that is not shown.

            How equal they are is measured: `tests/Differential/cases` runs on the host's kernel and on ours, and {known.Length} of its cases, those of `tests/Differential/known-differences.txt`, print something else here.

            | Number | Call | There | What is missing, or who answers |
            |---|---|---|---|
            {rows}
            """.Replace("\r", "", StringComparison.Ordinal);
    }
}
