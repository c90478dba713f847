using System.Collections.Generic;
using Bulkhead.Workloads;

namespace Bulkhead.Cli;

/// <summary>Events that commands make; start, die, oom and health_status are the monitor's.</summary>
internal static class EventNotes
{
    /// <summary>Docker's: the labels among the rest, the image (there is none) and the name.</summary>
    public static KeyValuePair<string, string>[] Attributes(WorkloadRecord record) => [.. record.Options.Labels, new("image", ""), new("name", record.Name)];

    public static void Note(WorkloadRecord record, string action, params KeyValuePair<string, string>[] more) =>
        Machine.Events.Write(record.Id, action, [.. Attributes(record), .. more]);
}
