using Bulkhead.Linux;

namespace Bulkhead.OciCli.Verbs;

internal static class CheckpointVerb
{
    public static Verb Checkpoint => new("checkpoint", "ID", "not supported", Options, (0, int.MaxValue), _ => throw Refusal("checkpoint"), []);

    public static Verb Restore => new("restore", "ID", "not supported", Options, (0, int.MaxValue), _ => throw Refusal("restore"), []);

    /// <summary>runc's, so that a caller's command line is answered by the refusal and not by a complaint about an option.</summary>
    private static Option[] Options =>
    [
        new("image-path", "", "DIR", "not supported"), new("work-path", "", "DIR", "not supported"),
        new("parent-path", "", "DIR", "not supported"), new("leave-running", "", "", "not supported"),
        new("tcp-established", "", "", "not supported"), new("tcp-skip-in-flight", "", "", "not supported"),
        new("ext-unix-sk", "", "", "not supported"), new("shell-job", "", "", "not supported"),
        new("lazy-pages", "", "", "not supported"), new("status-fd", "", "FD", "not supported"),
        new("page-server", "", "ADDRESS", "not supported"), new("file-locks", "", "", "not supported"),
        new("pre-dump", "", "", "not supported"), new("manage-cgroups-mode", "", "MODE", "not supported"),
        new("empty-ns", "", "NAMESPACE", "not supported"), new("auto-dedup", "", "", "not supported"),
        new("bundle", "b", "DIR", "not supported"), new("detach", "d", "", "not supported"), new("pid-file", "", "FILE", "not supported"),
        new("console-socket", "", "SOCKET", "not supported"), new("no-subreaper", "", "", "not supported"), new("no-pivot", "", "", "not supported"),
        new("lsm-profile", "", "PROFILE", "not supported"), new("lsm-mount-context", "", "CONTEXT", "not supported"),
    ];

    private static StepException Refusal(string verb) => new($"{verb} is not supported: bulkhead does not save the state of processes");
}
