namespace Bulkhead.OciCli.Verbs;

internal static class DeleteVerb
{
    public static Verb Verb => new(
        "delete", "[options] ID", "remove a stopped container and everything that it held",
        [new("force", "f", "", "kill it first if it runs; succeed if there is none")],
        (1, 1), Run, ["bulkhead-oci delete web1", "bulkhead-oci delete --force web1"]);

    private static int Run(Invocation call)
    {
        call.Containers.Delete(call.Id, call.Line.Has("force"));
        return 0;
    }
}
