using System;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Threading;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Tests.Netlink;

/// <summary>Runs test code on a thread with a network namespace of its own; iproute2 sets up and is the second opinion.</summary>
internal static class PrivateNetwork
{
    public static void Run(Action body)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Sys.Unshare(Sched.CLONE_NEWNET).ThrowIfError();
                body();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    /// <summary>A further namespace: <paramref name="body"/> runs in it, its fd stays open.</summary>
    public static Fd Create(Action? body = null)
    {
        Fd? netns = null;
        Run(() =>
        {
            netns = Sys.OpenAt(Fd.Cwd, "/proc/thread-self/ns/net", Fcntl.O_RDONLY).OrThrow("open the namespace");
            body?.Invoke();
        });
        return netns!;
    }

    public static void Enter(Fd netns, Action body) => Run(() =>
    {
        Sys.SetNs(netns, Sched.CLONE_NEWNET).ThrowIfError();
        body();
    });

    /// <summary>ip(8) in the calling thread's namespace: a child inherits it.</summary>
    public static string Ip(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("ip", arguments) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException("ip " + string.Join(' ', arguments));
    }

    private static void ThrowIfError(this Errno error)
    {
        if (error != Errno.None)
            throw new StepException("network namespace", error);
    }
}
