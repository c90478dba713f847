using System;
using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;

namespace Bulkhead.Linux.Spawn;

/// <summary>
/// The calling thread's way into namespaces that the next clone shall inherit, and back. Only for kinds that belong to a thread: pid (of
/// its children), network, IPC, UTS, cgroup. Must be disposed on the same thread.
/// </summary>
public sealed class ThreadNamespaces : IDisposable
{
    private readonly List<(ulong Type, Fd Own)> saved = [];

    private ThreadNamespaces()
    {
    }

    public static ThreadNamespaces Enter(ReadOnlySpan<(Fd Namespace, ulong Type, string Path)> joins)
    {
        var entered = new ThreadNamespaces();
        try
        {
            foreach ((Fd ns, ulong type, string path) in joins)
                entered.EnterOne(ns, type, path);
            return entered;
        }
        catch
        {
            entered.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        for (int i = saved.Count - 1; i >= 0; i--)
        {
            (ulong type, Fd own) = saved[i];
            Errno error = Sys.SetNs(own, type);
            own.Dispose();
            // Without root there is no way back to what belongs to the host, only to our own container's side: who does no more than wait may stay.
            if (error == Errno.EPERM && UserEntry.IsRootless)
                continue;
            // A thread that is lost in a container's namespaces must do nothing more.
            if (error != Errno.None)
                Environment.FailFast("cannot return to the host's namespace: " + error.Describe());
        }
        saved.Clear();
    }

    private void EnterOne(Fd ns, ulong type, string path)
    {
        string file = "/proc/thread-self/ns/" + FileOf(type);
        Fd own = Sys.OpenAt(Fd.Cwd, file, Fcntl.O_RDONLY).OrThrow("open", file);
        Errno error = Sys.SetNs(ns, type);
        if (error != Errno.None)
        {
            own.Dispose();
            throw new StepException("join the namespace", error, path);
        }
        saved.Add((type, own));
    }

    private static string FileOf(ulong type) => type switch
    {
        Sched.CLONE_NEWPID => "pid",
        Sched.CLONE_NEWNET => "net",
        Sched.CLONE_NEWIPC => "ipc",
        Sched.CLONE_NEWUTS => "uts",
        Sched.CLONE_NEWCGROUP => "cgroup",
        _ => throw new StepException("a thread of ours cannot enter this kind of namespace"),
    };
}
