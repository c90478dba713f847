using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace Bulkhead.Oci;

/// <summary>`list` for people: columns as runc prints them, at least 12 wide and 3 apart.</summary>
public static class ListTable
{
    private const int MinWidth = 12;
    private const int Padding = 3;

    public static string Format(IReadOnlyList<ContainerState> states)
    {
        var rows = new string[states.Count + 1][];
        rows[0] = ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"];
        for (int i = 0; i < states.Count; i++)
        {
            ContainerState state = states[i];
            rows[i + 1] = [state.Id, state.Pid.ToString(CultureInfo.InvariantCulture), state.Status, state.Bundle, state.Created, state.Owner];
        }
        var text = new StringBuilder();
        foreach (string[] row in rows)
        {
            for (int column = 0; column < row.Length; column++)
                text.Append(column == row.Length - 1 ? row[column] : row[column].PadRight(Width(rows, column)));
            text.Append('\n');
        }
        return text.ToString();
    }

    private static int Width(string[][] rows, int column)
    {
        int width = MinWidth;
        foreach (string[] row in rows)
            width = Math.Max(width, row[column].Length + Padding);
        return width;
    }
}
