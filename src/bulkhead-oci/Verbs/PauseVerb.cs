namespace Bulkhead.OciCli.Verbs;

internal static class PauseVerb
{
    public static Verb Pause => new("pause", "ID", "freeze all processes of a container", [], (1, 1), RunPause, ["bulkhead-oci pause web1"]);

    public static Verb Resume => new("resume", "ID", "let a paused container go on", [], (1, 1), RunResume, ["bulkhead-oci resume web1"]);

    private static int RunPause(Invocation call)
    {
        call.Containers.Pause(call.Id);
        return 0;
    }

    private static int RunResume(Invocation call)
    {
        call.Containers.Resume(call.Id);
        return 0;
    }
}
