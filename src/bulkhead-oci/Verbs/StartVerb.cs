namespace Bulkhead.OciCli.Verbs;

internal static class StartVerb
{
    public static Verb Verb => new("start", "ID", "run the program of a created container", [], (1, 1), Run, ["bulkhead-oci start web1"]);

    private static int Run(Invocation call)
    {
        // startContainer hooks are processes of the container.
        call.EnterUsersOfContainer();
        call.Containers.Start(call.Id);
        return 0;
    }
}
