using System.Buffers;
using Bulkhead.Oci;

namespace Bulkhead.OciCli.Verbs;

internal static class FeaturesVerb
{
    public static Verb Verb => new("features", "", "print what this runtime can do as JSON", [], (0, 0), Run, ["bulkhead-oci features"]);

    private static int Run(Invocation call)
    {
        var buffer = new ArrayBufferWriter<byte>(16384);
        FeaturesWriter.Write(buffer, Program.Version);
        Invocation.Print(buffer.WrittenSpan);
        return 0;
    }
}
