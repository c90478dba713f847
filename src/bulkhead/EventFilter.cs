using System;
using System.Collections.Generic;
using Bulkhead.Linux;

namespace Bulkhead.Cli;

/// <summary>--filter of events: values of one key are alternatives, different keys must all match; labels must all match, as in Docker.</summary>
internal sealed class EventFilter
{
    private static readonly (string Key, Func<EventLine, string, bool> Matches, bool All)[] Known =
    [
        // health_status is the beginning of "health_status: healthy".
        ("event", (line, value) => line.Action == value || line.Action.StartsWith(value + ":", StringComparison.Ordinal), false),
        ("container", (line, value) => line["name"] == value || (value.Length > 0 && line.Id.StartsWith(value, StringComparison.Ordinal)), false),
        ("type", (_, value) => value == "container", false),
        ("label", HasLabel, true),
    ];

    private readonly List<(int Index, string Value)> _wanted = [];

    public static EventFilter Parse(string[] words)
    {
        var filter = new EventFilter();
        foreach (string word in words)
        {
            string[] parts = word.Split('=', 2);
            int index = Array.FindIndex(Known, known => known.Key == parts[0]);
            if (index < 0 || parts.Length < 2)
                throw new StepException($"--filter: '{word}' is not one of event=, container=, type=, label=");
            filter._wanted.Add((index, parts[1]));
        }
        return filter;
    }

    public bool Matches(EventLine line)
    {
        for (int i = 0; i < Known.Length; i++)
        {
            int index = i;
            List<(int Index, string Value)> values = _wanted.FindAll(wanted => wanted.Index == index);
            (_, Func<EventLine, string, bool> matches, bool all) = Known[i];
            if (values.Count > 0 && !(all ? values.TrueForAll(wanted => matches(line, wanted.Value)) : values.Exists(wanted => matches(line, wanted.Value))))
                return false;
        }
        return true;
    }

    private static bool HasLabel(EventLine line, string wanted)
    {
        string[] parts = wanted.Split('=', 2);
        return line[parts[0]] is { } value && (parts.Length == 1 || parts[1] == value);
    }
}
