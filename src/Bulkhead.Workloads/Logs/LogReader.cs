using System;
using System.Collections.Generic;

namespace Bulkhead.Workloads.Logs;

/// <summary>A container's log.</summary>
/// <param name="path">The newest file; the older ones have .1, .2 … at the end.</param>
/// <param name="maxFiles">How many there are at most.</param>
public sealed class LogReader(string path, int maxFiles) : IDisposable
{
    private readonly LineReader _lines = new(path, maxFiles);

    /// <summary>All entries that are there and were not read yet.</summary>
    public IEnumerable<LogEntry> Read()
    {
        foreach (byte[] line in _lines.Read())
        {
            if (LogEntry.TryParse(line, out LogEntry entry))
                yield return entry;
        }
    }

    public void Dispose() => _lines.Dispose();
}
