using System.Buffers;
using Bulkhead.Isolation.State;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>From what is written down and what the kernel says to the specification's state document.</summary>
public static class HookState
{
    /// <summary>For a hook's stdin.</summary>
    public static byte[] Write(ContainerRecord record, ContainerStatus status, int pid)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        StateWriter.WriteHookState(buffer, Of(record, status, pid));
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>For `state`, `list` and the seccomp agent. The pid of a stopped container is 0.</summary>
    public static ContainerState Of(ContainerRecord record, ContainerStatus status, int pid) => new()
    {
        OciVersion = record.OciVersion,
        Id = record.Id,
        Pid = status == ContainerStatus.Stopped ? 0 : pid,
        Status = Name(status),
        Bundle = record.Bundle,
        Rootfs = record.Rootfs,
        Created = record.Created,
        Annotations = record.Annotations,
    };

    public static string Name(ContainerStatus status) => status switch
    {
        ContainerStatus.Creating => "creating",
        ContainerStatus.Created => "created",
        ContainerStatus.Running => "running",
        ContainerStatus.Paused => "paused",
        _ => "stopped",
    };
}
