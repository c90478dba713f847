using System;
using System.Text;
using Bulkhead.Isolation.Hardened;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;

namespace Bulkhead.OciCli;

/// <summary>One call of a verb: its command line, the global options, and where to speak.</summary>
internal sealed class Invocation(CommandLine global, CommandLine line, Log log)
{
    public CommandLine Global => global;

    public CommandLine Line => line;

    public Log Log => log;

    public string Id => line.Words[0];

    public Containers Containers { get; } = new(new StateStore(StateRoot(global)), new HardenedTier(), log.Warn);

    public bool SystemdCgroup => global.Has("systemd-cgroup");

    /// <summary>A path of the caller's as an absolute one.</summary>
    public static string Absolute(string path) => path.StartsWith('/') ? path : Sys.WorkingDirectory() + "/" + path;

    public static void Print(string text) => Print(Encoding.UTF8.GetBytes(text));

    public static void Print(ReadOnlySpan<byte> bytes)
    {
        Errno error = Sys.WriteAll(Fd.Borrow(1), bytes);
        if (error != Errno.None)
            throw new StepException("write to standard output", error);
    }

    private static string StateRoot(CommandLine global)
    {
        if (global.Get("root") is { Length: > 0 } root)
            return Absolute(root);
        if (Sys.GetEuid() == 0)
            return "/run/bulkhead";
        string? runtime = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
        return runtime is { Length: > 0 } ? runtime + "/bulkhead" : throw new StepException("XDG_RUNTIME_DIR is not set: name a state directory with --root");
    }
}
