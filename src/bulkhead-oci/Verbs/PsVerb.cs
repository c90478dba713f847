using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Bulkhead.Linux;

namespace Bulkhead.OciCli.Verbs;

internal static class PsVerb
{
    public static Verb Verb => new(
        "ps", "[options] ID [PS-OPTION...]", "list a container's processes",
        [new("format", "f", "FORMAT", "table (default; by the host's ps program, with its options) or json (host pids)")],
        (1, int.MaxValue), Run, ["bulkhead-oci ps web1", "bulkhead-oci ps --format json web1", "bulkhead-oci ps web1 -o pid,args"]);

    private static int Run(Invocation call)
    {
        List<int> pids = call.Containers.Pids(call.Id);
        switch (call.Line.Get("format") ?? "table")
        {
            case "json":
                Invocation.Print(Json(pids));
                return 0;
            case "table":
                string[] options = call.Line.Words[1..];
                Invocation.Print(Table(HostProgram.Output("ps", options.Length == 0 ? ["-ef"] : options), pids));
                return 0;
            default:
                throw new UsageException($"invalid format option '{call.Line.Get("format")}': give table or json");
        }
    }

    private static string Json(List<int> pids)
    {
        var text = new StringBuilder("[");
        foreach (int pid in pids)
            text.Append(text.Length > 1 ? "," : "").Append(CultureInfo.InvariantCulture, $"{pid}");
        return text.Append(']').ToString();
    }

    /// <summary>The heading and those lines whose PID column names a process of the container.</summary>
    private static string Table(string output, List<int> pids)
    {
        string[] lines = output.Split('\n');
        int column = Array.IndexOf(lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries), "PID");
        if (column < 0)
            throw new StepException("ps prints no PID column with these options: add one");
        var text = new StringBuilder(lines[0]).Append('\n');
        foreach (string line in lines.AsSpan(1))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > column && int.TryParse(fields[column], NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pids.Contains(pid))
                text.Append(line).Append('\n');
        }
        return text.ToString();
    }
}
