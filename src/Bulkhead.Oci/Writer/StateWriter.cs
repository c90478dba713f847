using System.Buffers;
using System.Collections.Generic;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Bulkhead.Oci;

/// <summary>The output of `state` and `list`, and the state that hooks read on stdin.</summary>
public static class StateWriter
{
    /// <summary>The version of the specification that this runtime follows.</summary>
    public const string OciVersion = "1.3.0";

    /// <summary>`state`: two spaces of indentation and no newline at the end, as runc prints it.</summary>
    public static void WriteState(IBufferWriter<byte> output, ContainerState state)
    {
        using var json = new Utf8JsonWriter(output, Options(indented: true));
        Write(json, state);
    }

    /// <summary>`list --format json`: one line; null when there is none, as runc prints it.</summary>
    public static void WriteList(IBufferWriter<byte> output, IReadOnlyList<ContainerState> states)
    {
        if (states.Count == 0)
        {
            output.Write("null\n"u8);
            return;
        }
        using (var json = new Utf8JsonWriter(output, Options(indented: false)))
        {
            json.WriteStartArray();
            for (int i = 0; i < states.Count; i++)
                Write(json, states[i]);
            json.WriteEndArray();
        }
        output.Write("\n"u8);
    }

    /// <summary>The State of the specification, compact, for the stdin of hooks and for the seccomp listener.</summary>
    public static void WriteHookState(IBufferWriter<byte> output, ContainerState state)
    {
        using var json = new Utf8JsonWriter(output, Options(indented: false));
        WriteHookState(json, state);
    }

    /// <summary>
    /// ContainerProcessState of the specification: what goes to linux.seccomp.listenerPath beside the descriptor.
    /// </summary>
    public static void WriteSeccompState(IBufferWriter<byte> output, ContainerState state, int pid, string? metadata)
    {
        using var json = new Utf8JsonWriter(output, Options(indented: false));
        json.WriteStartObject();
        json.WriteString("ociVersion"u8, state.OciVersion);
        json.WriteStartArray("fds"u8);
        json.WriteStringValue("seccompFd"u8);
        json.WriteEndArray();
        json.WriteNumber("pid"u8, pid);
        if (metadata is not null)
            json.WriteString("metadata"u8, metadata);
        json.WritePropertyName("state"u8);
        WriteHookState(json, state);
        json.WriteEndObject();
    }

    // Go escapes <, > and & by default, which no reader needs; text is otherwise written as it is.
    internal static JsonWriterOptions Options(bool indented) =>
        new() { Indented = indented, SkipValidation = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static void WriteHookState(Utf8JsonWriter json, ContainerState state)
    {
        json.WriteStartObject();
        json.WriteString("ociVersion"u8, state.OciVersion);
        json.WriteString("id"u8, state.Id);
        json.WriteString("status"u8, state.Status);
        if (state.Pid != 0)
            json.WriteNumber("pid"u8, state.Pid);
        json.WriteString("bundle"u8, state.Bundle);
        Annotations(json, state.Annotations);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ContainerState state)
    {
        json.WriteStartObject();
        json.WriteString("ociVersion"u8, state.OciVersion);
        json.WriteString("id"u8, state.Id);
        json.WriteNumber("pid"u8, state.Pid);
        json.WriteString("status"u8, state.Status);
        json.WriteString("bundle"u8, state.Bundle);
        json.WriteString("rootfs"u8, state.Rootfs);
        json.WriteString("created"u8, state.Created);
        Annotations(json, state.Annotations);
        json.WriteString("owner"u8, state.Owner);
        json.WriteEndObject();
    }

    private static void Annotations(Utf8JsonWriter json, KeyValuePair<string, string>[] annotations)
    {
        if (annotations.Length == 0)
            return;
        json.WriteStartObject("annotations"u8);
        foreach (var (key, value) in annotations)
            json.WriteString(key, value);
        json.WriteEndObject();
    }
}
