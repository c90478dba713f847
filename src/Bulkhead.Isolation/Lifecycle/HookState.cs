using System.Buffers;
using System.Collections.Generic;
using System.Text.Json;
using Bulkhead.Isolation.State;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>The state document on a hook's stdin (runtime-spec, "State"): compact, without what engines added to `state`.</summary>
public static class HookState
{
    public static byte[] Write(ContainerState state, ContainerStatus status, int pid)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
            WriteObject(json, state, status, pid);
        return buffer.WrittenSpan.ToArray();
    }

    public static void WriteObject(Utf8JsonWriter json, ContainerState state, ContainerStatus status, int pid)
    {
        json.WriteStartObject();
        json.WriteString("ociVersion"u8, state.OciVersion);
        json.WriteString("id"u8, state.Id);
        json.WriteString("status"u8, Name(status));
        if (pid > 0)
            json.WriteNumber("pid"u8, pid);
        json.WriteString("bundle"u8, state.Bundle);
        if (state.Annotations.Length > 0)
        {
            json.WriteStartObject("annotations"u8);
            foreach (KeyValuePair<string, string> annotation in state.Annotations)
                json.WriteString(annotation.Key, annotation.Value);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    public static string Name(ContainerStatus status) => status switch
    {
        ContainerStatus.Creating => "creating",
        ContainerStatus.Created => "created",
        ContainerStatus.Running => "running",
        ContainerStatus.Paused => "paused",
        _ => "stopped",
    };
}
