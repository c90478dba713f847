using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Bulkhead.TestSupport;
using Bulkhead.Workloads.Logs;

namespace Bulkhead.Workloads.Tests;

public sealed class LogReaderTests
{
    /// <summary>Read while it is written, with less and more than a rotation between two reads: all lines, once, in their order.</summary>
    [Theory]
    [InlineData(1, 3)]
    [InlineData(7, 3)]
    [InlineData(1, 1)]
    public void EveryLineOnceThroughRotations(int between, int files)
    {
        using var folder = new TempFolder("lr");
        using var log = new LogFile(folder["log"], 600, files);
        using var reader = new LogReader(folder["log"], files);
        var read = new List<string>();
        for (int i = 0; i < 100; i++)
        {
            log.Write(error: i % 2 == 1, Encoding.ASCII.GetBytes(i.ToString(CultureInfo.InvariantCulture) + "\n"));
            if (i % between == 0)
                Collect(reader, read);
        }
        Collect(reader, read);
        Assert.Equal(100, read.Count);
        for (int i = 0; i < 100; i++)
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture) + (i % 2 == 1 ? " error" : ""), read[i]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"log\":\"cut o")]
    [InlineData("[1]")]
    [InlineData("\0\0\0\0")]
    [InlineData("{\"log\":5,\"time\":{}}")]
    public void WhatIsNoEntryIsPassedOver(string line)
    {
        using var folder = new TempFolder("lr");
        folder.Write("log", line + "\n{\"log\":\"good\\n\",\"stream\":\"stdout\",\"time\":\"2026-01-01T00:00:00Z\"}\n");
        using var reader = new LogReader(folder["log"], 3);
        LogEntry entry = Assert.Single(reader.Read());
        Assert.Equal("good\n", Encoding.UTF8.GetString(entry.Text));
    }

    private static void Collect(LogReader reader, List<string> into)
    {
        foreach (LogEntry entry in reader.Read())
            into.Add(Encoding.UTF8.GetString(entry.Text).TrimEnd('\n') + (entry.IsError ? " error" : ""));
    }
}
