using System.Buffers;
using System.Collections.Generic;
using System.Text;
using Bulkhead.Oci;

namespace Bulkhead.OciCli.Verbs;

internal static class ListVerb
{
    public static Verb Verb => new(
        "list", "[options]", "list containers",
        [new("format", "f", "FORMAT", "table (default) or json"), new("quiet", "q", "", "ids only")],
        (0, 0), Run, ["bulkhead-oci list", "bulkhead-oci list --format json"]);

    private static int Run(Invocation call)
    {
        List<ContainerState> states = call.Containers.List();
        if (call.Line.Has("quiet"))
        {
            var text = new StringBuilder();
            foreach (ContainerState state in states)
                text.Append(state.Id).Append('\n');
            Invocation.Print(text.ToString());
            return 0;
        }
        switch (call.Line.Get("format") ?? "table")
        {
            case "table":
                Invocation.Print(ListTable.Format(states));
                return 0;
            case "json":
                var buffer = new ArrayBufferWriter<byte>(4096);
                StateWriter.WriteList(buffer, states);
                Invocation.Print(buffer.WrittenSpan);
                return 0;
            default:
                throw new UsageException($"invalid format option '{call.Line.Get("format")}': give table or json");
        }
    }
}
