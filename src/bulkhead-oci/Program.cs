using System;
using System.Runtime.InteropServices;
using System.Text;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Users;

namespace Bulkhead.OciCli;

internal static partial class Program
{
    public const string Version = "0.1.0";

    private static readonly Option[] GlobalOptions =
    [
        new("root", "", "DIR", "directory of container states (default: /run/bulkhead; without root $XDG_RUNTIME_DIR/bulkhead)"),
        new("log", "", "FILE", "append log lines to FILE"),
        new("log-format", "", "FORMAT", "text (default) or json"),
        new("debug", "", "", "say more"),
        new("systemd-cgroup", "", "", "let systemd make cgroups; cgroupsPath is slice:prefix:name"),
        new("rootless", "", "BOOL", "auto (default), true or false; accepted for runc's callers, the caller's user id decides"),
        new("criu", "", "PATH", "accepted for runc's callers; checkpoints are not supported"),
        new("policy", "", "FILE", "policy to enforce (default: /etc/bulkhead/policy.toml if it exists)"),
        new("version", "v", "", "print the version"),
    ];

    /// <summary>Says to eng/native/start.c that the .NET runtime has started.</summary>
    [LibraryImport("bulkheadnative", EntryPoint = "bh_started")]
    private static partial nint Started();

    private static int Main(string[] args)
    {
        _ = Started();
        Log? log = null;
        Verb? verb = null;
        try
        {
            CommandLine global = CommandLine.Parse(args, GlobalOptions, "bulkhead-oci");
            log = new Log(global);
            UserEntry.Check();
            if (global.Has("version"))
                return Help.PrintVersion();
            if (global.Words.Length == 0 || global.Has("help") || global.Words[0] is "help" or "h")
                return Help.PrintGlobal(GlobalOptions, global.Words);
            verb = VerbTable.Find(global.Words[0])
                ?? throw new UsageException($"'{global.Words[0]}' is not a command; bulkhead-oci --help lists them");
            return Run(verb, global, log);
        }
        catch (UsageException error)
        {
            Say(log, "bulkhead-oci: " + error.Message);
            return verb?.FailureStatus ?? 1;
        }
        catch (StepException error)
        {
            Say(log, error.Message + Mend(error.Errno));
            return verb?.Name == "run" ? RunStatus(error) : verb?.FailureStatus ?? 1;
        }
        catch (ContainerMissingException error)
        {
            Say(log, error.Message);
            return verb?.FailureStatus ?? 1;
        }
        catch (OutOfMemoryException)
        {
            Say(log, "bulkhead-oci: out of memory: a document or a state is too large for the heap, which ends at 192 MiB, or the machine has no more");
            return verb?.FailureStatus ?? 1;
        }
        catch (Exception error)
        {
            // A defect of ours: still one line and a status, not a crash with the container half made.
            Say(log, $"bulkhead-oci: internal error: {error.GetType().Name}: {error.Message}");
            return verb?.FailureStatus ?? 1;
        }
    }

    private static int Run(Verb verb, CommandLine global, Log log)
    {
        CommandLine line = CommandLine.Parse(global.Words.AsSpan(1), verb.Options, verb.Name);
        if (line.Has("help"))
            return Help.PrintVerb(verb);
        if (line.Words.Length < verb.Words.Least || line.Words.Length > verb.Words.Most)
            throw new UsageException($"usage: bulkhead-oci {verb.Name} {verb.Usage}");
        return verb.Run(new Invocation(global, line, log));
    }

    /// <summary>The shell's and Docker's convention: 127 no such program, 126 it cannot be executed, else 1.</summary>
    private static int RunStatus(StepException error)
    {
        if (!error.Step.StartsWith("exec", StringComparison.Ordinal))
            return 1;
        return error.Errno == Errno.ENOENT ? 127 : 126;
    }

    /// <summary>Where the errno alone says what to do, whatever the step.</summary>
    private static string Mend(Errno error) => error switch
    {
        Errno.EMFILE => ": raise RLIMIT_NOFILE (ulimit -n); 64 are enough",
        _ => "",
    };

    private static void Say(Log? log, string message)
    {
        if (log is not null)
            log.Error(message);
        else
            Sys.WriteAll(Fd.Borrow(2), Encoding.UTF8.GetBytes(Log.OneLine(message) + "\n"));
    }
}
