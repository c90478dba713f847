using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Workloads.Events;

namespace Bulkhead.Workloads.Monitor;

/// <summary>What a monitor must know, as words of its command line (NAME=VALUE): it starts fast because it reads no options of people.</summary>
public sealed record MonitorPlan
{
    /// <summary>Before a folder: it is removed, and nothing else done.</summary>
    public const string RemoveWord = "remove-folder=";

    /// <summary>Before a container's id: the terminal at <see cref="MonitorLauncher.StarterFd"/> is held, and nothing else done.</summary>
    public const string HoldWord = "hold-terminal=";

    /// <summary>Alone: layers that come on <see cref="MonitorLauncher.StarterFd"/> are merged for looking (<see cref="LayerView"/>), and nothing else done.</summary>
    public const string ViewWord = "view-layers";

    private const string AttributePrefix = "attribute:", HealthWordPrefix = "health-word-", VolumePrefix = "volume:";

    private const string NameKey = "name";

    public required string OciRoot { get; init; }

    /// <summary>The workload's folder, which is the bundle too.</summary>
    public required string Folder { get; init; }

    public string DataRoot => Folder[..Folder.LastIndexOf("/containers/", StringComparison.Ordinal)];

    public required string Id { get; init; }

    public bool Terminal { get; init; }

    public bool Interactive { get; init; }

    public bool Remove { get; init; }

    /// <summary>Anonymous ones, that go with it when it is removed.</summary>
    public string[] Volumes { get; init; } = [];

    /// <summary>It runs already: its monitor was killed.</summary>
    public bool Adopt { get; init; }

    /// <summary>It is to run again: its monitor was killed in the pause before.</summary>
    public bool Again { get; init; }

    public RestartPolicy Restart { get; init; } = new();

    public HealthOptions? Health { get; init; }

    /// <summary>For its events: the name at the start (<see cref="CurrentAttributes"/>: now), and the labels.</summary>
    public KeyValuePair<string, string>[] Attributes { get; init; } = [];

    public long LogMaxSize { get; init; }

    public int LogMaxFiles { get; init; }

    /// <summary>Those of its events now: it may have been renamed.</summary>
    internal KeyValuePair<string, string>[] CurrentAttributes() =>
        new WorkloadFolder(Id, Folder).ChangedName() is { } name ? Array.ConvertAll(Attributes, pair => pair.Key == NameKey ? new(NameKey, name) : pair) : Attributes;

    internal void Note(string action, params KeyValuePair<string, string>[] more) => Note(action, CurrentAttributes(), more);

    /// <summary>With what was known before the container's folder went.</summary>
    internal void Note(string action, KeyValuePair<string, string>[] attributes, KeyValuePair<string, string>[] more) =>
        new EventJournal(DataRoot).Write(Id, action, [.. attributes, .. more]);

    public string[] ToWords()
    {
        var words = new List<string>
        {
            "root=" + OciRoot,
            "folder=" + Folder,
            "id=" + Id,
            string.Create(CultureInfo.InvariantCulture, $"log-max-size={LogMaxSize}"),
            string.Create(CultureInfo.InvariantCulture, $"log-max-files={LogMaxFiles}"),
        };
        if (Terminal)
            words.Add("terminal=true");
        if (Interactive)
            words.Add("interactive=true");
        if (Remove)
            words.Add("remove=true");
        if (Adopt)
            words.Add("adopt=true");
        if (Again)
            words.Add("again=true");
        if (Restart.Kind != RestartKind.No)
            words.Add("restart=" + Restart);
        foreach (string volume in Volumes)
            words.Add(VolumePrefix + volume + "=");
        foreach ((string key, string value) in Attributes)
            words.Add(AttributePrefix + key + "=" + value);
        if (Health is { } health)
        {
            words.Add("health=" + health.Command);
            for (int i = 0; i < health.Words?.Length; i++)
                words.Add(string.Create(CultureInfo.InvariantCulture, $"{HealthWordPrefix}{i}={health.Words[i]}"));
            words.Add(string.Create(CultureInfo.InvariantCulture,
                $"health-times={health.Interval},{health.Timeout},{health.Retries},{health.StartPeriod},{health.StartInterval}"));
        }
        return words.ToArray();
    }

    public static MonitorPlan Parse(ReadOnlySpan<string> words)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string word in words)
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                values[word[..equals]] = word[(equals + 1)..];
        }
        var attributes = new List<KeyValuePair<string, string>>();
        var volumes = new List<string>();
        foreach ((string key, string value) in values)
        {
            if (key.StartsWith(VolumePrefix, StringComparison.Ordinal))
                volumes.Add(key[VolumePrefix.Length..]);
            if (key.StartsWith(AttributePrefix, StringComparison.Ordinal))
                attributes.Add(new(key[AttributePrefix.Length..], value));
        }
        return new MonitorPlan
        {
            Attributes = attributes.ToArray(),
            Volumes = volumes.ToArray(),
            OciRoot = Need(values, "root"),
            Folder = Need(values, "folder"),
            Id = Need(values, "id"),
            Terminal = values.ContainsKey("terminal"),
            Interactive = values.ContainsKey("interactive"),
            Remove = values.ContainsKey("remove"),
            Adopt = values.ContainsKey("adopt"),
            Again = values.ContainsKey("again"),
            Restart = RestartPolicy.Parse(values.GetValueOrDefault("restart", "no")),
            Health = values.TryGetValue("health", out string? command) ? ParseHealth(command, HealthWords(values), Need(values, "health-times")) : null,
            LogMaxSize = long.Parse(Need(values, "log-max-size"), CultureInfo.InvariantCulture),
            LogMaxFiles = int.Parse(Need(values, "log-max-files"), CultureInfo.InvariantCulture),
        };
    }

    private static string[]? HealthWords(Dictionary<string, string> values)
    {
        var words = new List<string>();
        while (values.TryGetValue(string.Create(CultureInfo.InvariantCulture, $"{HealthWordPrefix}{words.Count}"), out string? word))
            words.Add(word);
        return words.Count > 0 ? words.ToArray() : null;
    }

    private static HealthOptions ParseHealth(string command, string[]? words, string times)
    {
        int[] numbers = Array.ConvertAll(times.Split(','), text => int.Parse(text, CultureInfo.InvariantCulture));
        return new HealthOptions
        {
            Command = command,
            Words = words,
            Interval = numbers[0],
            Timeout = numbers[1],
            Retries = numbers[2],
            StartPeriod = numbers[3],
            StartInterval = numbers[4],
        };
    }

    private static string Need(Dictionary<string, string> values, string name) =>
        values.TryGetValue(name, out string? value) ? value : throw new StepException($"bulkhead-monitor is started by bulkhead, not by hand ({name}=... is missing)");
}
