using System;
using System.Collections.Generic;
using System.Text;
using Bulkhead.Linux;

namespace Bulkhead.Cli;

/// <summary>Columns by spaces, as people and awk read them; the first row is the heading.</summary>
internal static class TextTable
{
    private const int Gap = 3;

    public static void Write(List<string[]> rows)
    {
        // A row is a line, whatever is in it.
        rows = rows.ConvertAll(row => Array.ConvertAll(row, Printable.Of));
        int[] widths = new int[rows[0].Length];
        foreach (string[] row in rows)
        {
            for (int i = 0; i < row.Length; i++)
                widths[i] = Math.Max(widths[i], row[i].Length);
        }
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            for (int i = 0; i < row.Length; i++)
                text.Append(i + 1 < row.Length ? row[i].PadRight(widths[i] + Gap) : row[i]);
            text.Append('\n');
        }
        Output.Write(text.ToString());
    }
}
