using Bulkhead.Linux;

namespace Bulkhead.OciCli.Verbs;

internal static class KillVerb
{
    public static Verb Verb => new(
        "kill", "[options] ID [SIGNAL]", "send a signal (default: TERM) to the container's first process",
        [new("all", "a", "", "to every process of the container")],
        (1, 2), Run, ["bulkhead-oci kill web1", "bulkhead-oci kill web1 KILL", "bulkhead-oci kill --all web1 9"]);

    private static int Run(Invocation call)
    {
        string name = call.Line.Words.Length > 1 ? call.Line.Words[1] : "TERM";
        if (!Signals.TryParse(name, out int signal))
            throw new StepException($"unknown signal \"{name}\": give a name such as TERM or a number");
        call.Containers.Kill(call.Id, signal, call.Line.Has("all"));
        return 0;
    }
}
