using System;
using System.Text.Json;

namespace Bulkhead.Workloads.Logs;

/// <summary>One entry of a container's log.</summary>
/// <param name="Text">As the program wrote it, its newline included; a line that was not ended has none.</param>
/// <param name="IsError">From stderr.</param>
/// <param name="Time">RFC 3339, UTC.</param>
public readonly record struct LogEntry(byte[] Text, bool IsError, string Time)
{
    public DateTimeOffset When => DateTimeOffset.TryParse(Time, System.Globalization.CultureInfo.InvariantCulture, out DateTimeOffset when) ? when : default;

    /// <summary>False for what is no entry: the end of a file that a crash of the machine cut off.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out LogEntry entry)
    {
        entry = default;
        byte[] text = [];
        string time = "", stream = "";
        try
        {
            var reader = new Utf8JsonReader(line);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool log = reader.ValueTextEquals("log"u8), from = reader.ValueTextEquals("stream"u8), when = reader.ValueTextEquals("time"u8);
                reader.Read();
                if (log)
                    text = System.Text.Encoding.UTF8.GetBytes(reader.GetString() ?? "");
                else if (from)
                    stream = reader.GetString() ?? "";
                else if (when)
                    time = reader.GetString() ?? "";
                else
                    reader.Skip();
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return false;
        }
        entry = new LogEntry(text, stream == "stderr", time);
        return true;
    }
}
