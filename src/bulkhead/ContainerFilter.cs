using System;
using System.Collections.Generic;
using Bulkhead.Linux;

namespace Bulkhead.Cli;

/// <summary>--filter: values of one key are alternatives, different keys must all match; labels must all match, as in Docker.</summary>
internal sealed class ContainerFilter
{
    private static readonly (string Key, Func<Workload, string, bool> Matches, bool All)[] Known =
    [
        ("name", (workload, value) => workload.Name.Contains(value.TrimStart('/'), StringComparison.Ordinal), false),
        ("id", (workload, value) => workload.Id.StartsWith(value, StringComparison.Ordinal), false),
        ("status", (workload, value) => workload.Status == value, false),
        ("health", (workload, value) => (workload.Health?.Status ?? "none") == value, false),
        ("label", HasLabel, true),
    ];

    private readonly List<string>?[] _values = new List<string>?[Known.Length];

    public bool NamesStatus { get; private set; }

    public static ContainerFilter Parse(string[] words)
    {
        var filter = new ContainerFilter();
        foreach (string word in words)
        {
            string[] parts = word.Split('=', 2);
            int index = Array.FindIndex(Known, known => known.Key == parts[0]);
            if (index < 0 || parts.Length < 2)
                throw new StepException($"--filter: '{word}' is not one of name=, id=, status=, health=, label=");
            if (parts[0] == "status" && parts[1] is not ("created" or "running" or "paused" or "restarting" or "exited"))
                throw new StepException($"--filter: '{parts[1]}' is not one of created, running, paused, restarting, exited");
            (filter._values[index] ??= []).Add(parts[1]);
            filter.NamesStatus |= parts[0] == "status";
        }
        return filter;
    }

    public bool Matches(Workload workload)
    {
        for (int i = 0; i < Known.Length; i++)
        {
            if (_values[i] is not { } values)
                continue;
            (_, Func<Workload, string, bool> matches, bool all) = Known[i];
            if (!(all ? values.TrueForAll(value => matches(workload, value)) : values.Exists(value => matches(workload, value))))
                return false;
        }
        return true;
    }

    private static bool HasLabel(Workload workload, string wanted)
    {
        string[] parts = wanted.Split('=', 2);
        return Array.Exists(workload.Record.Options.Labels, label => label.Key == parts[0] && (parts.Length == 1 || label.Value == parts[1]));
    }
}
