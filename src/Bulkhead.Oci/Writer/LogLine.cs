using System.Buffers;
using System.Text.Json;

namespace Bulkhead.Oci;

/// <summary>Lines of the --log file. Shims read the last error from it.</summary>
public static class LogLine
{
    /// <summary>--log-format json: {"level":"error","msg":"...","time":"..."}.</summary>
    public static void WriteJson(IBufferWriter<byte> output, string level, string message, long unixNanoseconds)
    {
        using (var json = new Utf8JsonWriter(output, StateWriter.Options(indented: false)))
        {
            json.WriteStartObject();
            json.WriteString("level"u8, level);
            json.WriteString("msg"u8, message);
            json.WriteString("time"u8, Rfc3339.Format(Whole(unixNanoseconds)));
            json.WriteEndObject();
        }
        output.Write("\n"u8);
    }

    /// <summary>--log-format text: time="..." level=error msg="...".</summary>
    public static string Text(string level, string message, long unixNanoseconds) =>
        $"time=\"{Rfc3339.Format(Whole(unixNanoseconds))}\" level={level} msg={Quote(message)}\n";

    // Whole seconds, as runc logs.
    private static long Whole(long nanoseconds) => nanoseconds - (nanoseconds % 1_000_000_000);

    private static string Quote(string message)
    {
        var text = new System.Text.StringBuilder("\"", message.Length + 2);
        foreach (char c in message)
        {
            if (c is '"' or '\\')
                text.Append('\\').Append(c);
            else if (c == '\n')
                text.Append("\\n");
            else if (c == '\t')
                text.Append("\\t");
            else if (c < ' ')
                text.Append("\\x").Append(((int)c).ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
            else
                text.Append(c);
        }
        return text.Append('"').ToString();
    }
}
