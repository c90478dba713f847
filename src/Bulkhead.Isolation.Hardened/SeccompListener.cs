using System.Buffers;
using System.Text.Json;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.Plan;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Spawn;
using Bulkhead.Linux.Terminals;

namespace Bulkhead.Isolation.Hardened;

/// <summary>Hands the listener of a notifying filter to the agent of listenerPath (runtime-spec, "containerProcessState").</summary>
internal static class SeccompListener
{
    public static void Send(SeccompPlan plan, ContainerState state, SpawnedProcess process, int number)
    {
        using Fd listener = Sys.PidfdGetFd(process.Pidfd, number).OrThrow("get the seccomp listener");
        using Fd socket = ConsoleSocket.Connect(plan.ListenerPath!);
        Errno error = Sys.SendFd(socket, listener, Document(plan, state, process.Pid));
        if (error != Errno.None)
            throw new StepException("$.linux.seccomp.listenerPath: send to", error, plan.ListenerPath);
    }

    private static byte[] Document(SeccompPlan plan, ContainerState state, int pid)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("ociVersion"u8, state.OciVersion);
            json.WriteStartArray("fds"u8);
            json.WriteStringValue("seccompFd"u8);
            json.WriteEndArray();
            json.WriteNumber("pid"u8, pid);
            if (plan.ListenerMetadata is { Length: > 0 } metadata)
                json.WriteString("metadata"u8, metadata);
            json.WritePropertyName("state"u8);
            HookState.WriteObject(json, state, ContainerStatus.Creating, state.Pid == 0 ? pid : state.Pid);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }
}
