using System;
using System.Diagnostics;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>
/// Hooks on the host side: state on stdin, exactly the configured environment (CVE-2025-23266), "/" as directory, no descriptor of ours,
/// a time limit. What a hook prints is shown when it fails.
/// </summary>
public static class HookRunner
{
    private const int MaxOutput = 2048;

    /// <summary>Runs hooks in order; the first failure is an error.</summary>
    /// <param name="kind">The name in the configuration, for errors.</param>
    /// <param name="hooks">The hooks.</param>
    /// <param name="document">The state for stdin.</param>
    /// <param name="container">A process whose namespaces to enter, and which; null: the runtime's.</param>
    /// <param name="namespaces">CLONE_NEW* of <paramref name="container"/> to enter.</param>
    public static void RunAll(string kind, Hook[] hooks, byte[] document, Fd? container = null, ulong namespaces = 0)
    {
        for (int i = 0; i < hooks.Length; i++)
            Run($"$.hooks.{kind}[{i}]", hooks[i], document, container, namespaces);
    }

    /// <summary>The same where the specification wants failures logged and passed over: poststart, poststop.</summary>
    public static void RunAllLogging(string kind, Hook[] hooks, byte[] document, Action<string> warn)
    {
        for (int i = 0; i < hooks.Length; i++)
        {
            try
            {
                Run($"$.hooks.{kind}[{i}]", hooks[i], document, null, 0);
            }
            catch (StepException error)
            {
                warn(error.Message);
            }
        }
    }

    private static void Run(string name, Hook hook, byte[] document, Fd? container, ulong namespaces)
    {
        using Fd input = InputFile(document);
        using Fd output = Sys.MemfdCreate("bulkhead-hook-output", 0, executable: false).OrThrow("make a memory file");
        SpawnProgram program = Compile(name, hook, input, output, container, namespaces);
        Fd[] inherit = container is null ? [input, output] : [input, output, container];
        using SpawnedProcess process = Spawner.Start(new SpawnRequest { Program = program, Inherit = inherit });
        try
        {
            process.AwaitExec();
        }
        catch
        {
            Sys.WaitExit(process.Pidfd);
            throw;
        }
        bool ended = WaitFor(process.Pidfd, hook.Timeout);
        if (!ended)
            Sys.Kill(-process.Pid, Signal.SIGKILL); // its session's first group; the number is ours until we reap
        int status = Sys.WaitExit(process.Pidfd).OrThrow("wait for hook", hook.Path).Status;
        if (!ended)
            throw new StepException($"{name}: {hook.Path} did not end within {hook.Timeout} s and was killed");
        if (status != 0)
            throw new StepException($"{name}: {hook.Path} ended with status {status}{Tail(output)}");
    }

    /// <summary>The state as a file whose end is its end: a hook that reads to the end is not kept waiting.</summary>
    public static Fd InputFile(byte[] document)
    {
        Fd input = Sys.MemfdCreate("bulkhead-hook-state", 0, executable: false).OrThrow("make a memory file");
        Errno error = Sys.WriteAll(input, document);
        if (error == Errno.None)
            error = Sys.SeekStart(input);
        if (error == Errno.None)
            return input;
        input.Dispose();
        throw new StepException("write the hook's state", error);
    }

    private static SpawnProgram Compile(string name, Hook hook, Fd input, Fd output, Fd? container, ulong namespaces)
    {
        SpawnProgram program = SpawnProgram.ForStub();
        program.Step("prepare the hook", hook.Path);
        program.Call(SysNr.close_range, 3, uint.MaxValue, Memfd.CLOSE_RANGE_CLOEXEC);
        if (container is not null && namespaces != 0)
            // Its mount namespace still has the host's root: the path resolves in the runtime's namespace, as the specification asks.
            program.Call(SysNr.setns, container, namespaces & ~Sched.CLONE_NEWPID);
        program.Call(SysNr.dup3, input, 0, 0);
        program.Call(SysNr.dup3, output, 1, 0);
        program.Call(SysNr.dup3, output, 2, 0);
        program.Call(SysNr.chdir, program.Text("/"));
        program.Call(SysNr.setsid);
        program.Call(SysNr.rt_sigaction, Signal.SIGPIPE, program.Reserve(32), 0, 8);
        program.Call(SysNr.rt_sigprocmask, Signal.SIG_SETMASK, program.Struct(0UL), 0, 8);
        program.Step(name + ": exec", hook.Path);
        string[] arguments = hook.Args.Length == 0 ? [hook.Path] : hook.Args;
        program.Call(SysNr.execve, program.Text(hook.Path), program.TextArray(arguments), program.TextArray(hook.Env));
        return program;
    }

    /// <param name="pidfd">The hook.</param>
    /// <param name="timeout">Seconds; null waits for ever.</param>
    public static bool WaitFor(Fd pidfd, int? timeout)
    {
        long deadline = Stopwatch.GetTimestamp() + (timeout ?? 0) * Stopwatch.Frequency;
        Span<pollfd> fds = [new pollfd { fd = pidfd.Value, events = Poll.POLLIN }];
        for (; ; )
        {
            long left = (deadline - Stopwatch.GetTimestamp()) * 1000 / Stopwatch.Frequency;
            int wait = timeout is null ? -1 : (int)Math.Clamp(left, 0, int.MaxValue);
            if (Sys.Poll(fds, wait).OrThrow("wait for a hook") > 0)
                return true;
            if (timeout is not null && left <= 0)
                return false;
        }
    }

    private static string Tail(Fd output)
    {
        if (Sys.SeekStart(output) != Errno.None)
            return "";
        byte[] buffer = new byte[MaxOutput];
        Result<int> length = Sys.Read(output, buffer);
        string text = length.Ok ? Encoding.UTF8.GetString(buffer, 0, length.Value).Trim() : "";
        return text.Length == 0 ? "" : ": " + text.Replace('\n', ' ');
    }
}
