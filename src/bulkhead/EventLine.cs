using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using Bulkhead.Linux;

namespace Bulkhead.Cli;

/// <summary>One event, as the journal has it.</summary>
internal sealed class EventLine
{
    private const long NanosecondsPerTick = 100;

    public required string Id { get; init; }

    public required string Action { get; init; }

    public required DateTimeOffset When { get; init; }

    public required List<KeyValuePair<string, string>> Attributes { get; init; }

    /// <summary>False for what is no event: a line that a crash of the machine cut off.</summary>
    public static bool TryParse(byte[] line, [NotNullWhen(true)] out EventLine? found)
    {
        found = null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement, actor = root.GetProperty("Actor");
            var attributes = new List<KeyValuePair<string, string>>();
            foreach (JsonProperty property in actor.GetProperty(nameof(Attributes)).EnumerateObject())
                attributes.Add(new(property.Name, property.Value.GetString() ?? ""));
            found = new EventLine
            {
                Id = actor.GetProperty("ID").GetString() ?? "",
                Action = root.GetProperty(nameof(Action)).GetString() ?? "",
                When = DateTimeOffset.UnixEpoch.AddTicks(root.GetProperty("timeNano").GetInt64() / NanosecondsPerTick),
                Attributes = attributes,
            };
            return true;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentOutOfRangeException)
        {
            return false;
        }
    }

    public string? this[string name] => Attributes.FindLast(pair => pair.Key == name).Value;

    /// <summary>Docker's line.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(When.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'00Z'", System.Globalization.CultureInfo.InvariantCulture));
        text.Append(" container ").Append(Action).Append(' ').Append(Id).Append(" (");
        for (int i = 0; i < Attributes.Count; i++)
            text.Append(i > 0 ? ", " : "").Append(Attributes[i].Key).Append('=').Append(Attributes[i].Value);
        // A label may have anything.
        return Printable.Of(text.Append(')').ToString());
    }
}
