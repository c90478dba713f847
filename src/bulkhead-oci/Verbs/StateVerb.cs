using System.Buffers;
using Bulkhead.Oci;

namespace Bulkhead.OciCli.Verbs;

internal static class StateVerb
{
    public static Verb Verb => new("state", "ID", "print a container's state as JSON", [], (1, 1), Run, ["bulkhead-oci state web1"]);

    private static int Run(Invocation call)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        StateWriter.WriteState(buffer, call.Containers.State(call.Id));
        Invocation.Print(buffer.WrittenSpan);
        return 0;
    }
}
