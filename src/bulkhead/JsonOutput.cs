using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Bulkhead.Linux;

namespace Bulkhead.Cli;

/// <summary>JSON on standard output.</summary>
internal static class JsonOutput
{
    // Docker escapes only what JSON must have escaped; this is no web page.
    private static readonly JsonWriterOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions Indented = Compact with { Indented = true, IndentSize = 4 };

    public static void Write(bool indented, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, indented ? Indented : Compact))
            write(json);
        buffer.Write("\n"u8);
        Errno error = Sys.WriteAll(Fd.Borrow(1), buffer.WrittenSpan);
        if (error != Errno.None)
            throw new StepException("write to standard output", error);
    }

    /// <summary>What would be written, to look into.</summary>
    public static JsonElement Element(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, Compact))
            write(json);
        var reader = new Utf8JsonReader(buffer.WrittenSpan);
        return JsonElement.ParseValue(ref reader);
    }

    public static string Compacted(JsonElement value)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer, Compact))
            value.WriteTo(json);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>One object on one line, all values texts: Docker's rows.</summary>
    public static void Row(string[] names, string[] values) => Write(indented: false, json =>
    {
        json.WriteStartObject();
        for (int i = 0; i < names.Length; i++)
            json.WriteString(names[i], values[i]);
        json.WriteEndObject();
    });

    public static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
            json.WriteStringValue(value);
        json.WriteEndArray();
    }

    public static void Array<T>(Utf8JsonWriter json, IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        json.WriteStartArray();
        foreach (T item in items)
            write(json, item);
        json.WriteEndArray();
    }

    public static void Map(Utf8JsonWriter json, string name, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        json.WriteStartObject(name);
        foreach ((string key, string value) in pairs)
            json.WriteString(key, value);
        json.WriteEndObject();
    }

    /// <summary>--format: table or json.</summary>
    public static bool IsAsked(string? format) => format switch
    {
        null or "table" => false,
        "json" or "{{json .}}" => true,
        _ => throw new StepException($"--format: '{format}' is not known: give table or json"),
    };
}
