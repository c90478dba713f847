using System.Buffers;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.Plan;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Spawn;
using Bulkhead.Linux.Terminals;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Hardened;

/// <summary>Hands the listener of a notifying filter to the agent of listenerPath (runtime-spec, "containerProcessState").</summary>
internal static class SeccompListener
{
    public static void Send(SeccompPlan plan, ContainerRecord state, SpawnedProcess process, int number)
    {
        using Fd listener = Sys.PidfdGetFd(process.Pidfd, number).OrThrow("get the seccomp listener");
        using Fd socket = ConsoleSocket.Connect(plan.ListenerPath!);
        Errno error = Sys.SendFd(socket, listener, Document(plan, state, process.Pid));
        if (error != Errno.None)
            throw new StepException("$.linux.seccomp.listenerPath: send to", error, plan.ListenerPath);
    }

    private static byte[] Document(SeccompPlan plan, ContainerRecord state, int pid)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        ContainerState document = HookState.Of(state, ContainerStatus.Creating, state.Pid == 0 ? pid : state.Pid);
        StateWriter.WriteSeccompState(buffer, document, pid, plan.ListenerMetadata);
        return buffer.WrittenSpan.ToArray();
    }
}
