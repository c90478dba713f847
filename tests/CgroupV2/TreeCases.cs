using System;
using System.Collections.Generic;
using System.IO;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.CgroupV2;

/// <summary>Controllers come down the tree, and the rules about processes above.</summary>
internal static class TreeCases
{
    public static void AddTo(Dictionary<string, Action> cases)
    {
        cases.Add("controllers-nested", ControllersNested);
        cases.Add("controllers-enabled-again", ControllersEnabledAgain);
        cases.Add("internal-processes", InternalProcesses);
        cases.Add("threaded", Threaded);
    }

    private static string Read(string path) => File.ReadAllText(path).Trim();

    private static void ControllersNested()
    {
        string all = Read(Box.Mount + "/cgroup.controllers");
        Check.True(all.Contains("memory", StringComparison.Ordinal) && all.Contains("pids", StringComparison.Ordinal), "the machine's controllers: " + all);
        using var box = new Box(null, "a/b/c");
        foreach (string level in (string[])["", "/a", "/a/b"])
            Check.Equal(all, Read(Box.Top + level + "/cgroup.subtree_control"), "subtree_control of " + level);
        Check.Equal(all, box["cgroup.controllers"], "the container's controllers");
        Check.Equal("", box["cgroup.subtree_control"], "the container's own children get none from us");
        Check.Equal("domain", box["cgroup.type"], "cgroup.type");
    }

    /// <summary>Somebody took a controller away from the root: a limit of it works all the same.</summary>
    private static void ControllersEnabledAgain()
    {
        File.WriteAllText(Box.Mount + "/cgroup.subtree_control", "-pids");
        Check.True(!Read(Box.Mount + "/cgroup.subtree_control").Contains("pids", StringComparison.Ordinal), "pids is off");
        using var box = new Box(new CgroupResources { PidsLimit = 5 });
        Check.Equal("5", box["pids.max"], "pids.max");
    }

    /// <summary>Domain controllers cannot be enabled below a cgroup that holds processes: the error says why, not only EBUSY.</summary>
    private static void InternalProcesses()
    {
        Directory.CreateDirectory(Box.Top);
        using Fd top = Sys.OpenAt(Fd.Cwd, Box.Top, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open", Box.Top);
        using var above = new Shell(top, "echo ready; read line");
        Check.Equal("ready", above.Line(), "the process above");
        Check.Refused(() => _ = new Box(new CgroupResources { MemoryLimit = 64 << 20 }), Box.Top + "/box", "a cgroup above it holds processes", "memory");
        Check.Gone(Box.Top + "/box");
        Check.Refused(() => _ = new Box(new CgroupResources { Unified = [new("memory.high", "max")] }), "memory.high", "controller \"memory\" not available");
        Check.Gone(Box.Top + "/box");
        above.Tell("go");
        Check.Equal(0, above.Status(), "the process above was left alone");
        using var after = new Box(new CgroupResources { MemoryLimit = 64 << 20 });
        Check.Equal("67108864", after["memory.max"], "when nothing is above any more");
    }

    /// <summary>Threaded controllers do work below processes, in a threaded cgroup.</summary>
    private static void Threaded()
    {
        Directory.CreateDirectory(Box.Top);
        using Fd top = Sys.OpenAt(Fd.Cwd, Box.Top, Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open", Box.Top);
        using var above = new Shell(top, "echo ready; read line");
        Check.Equal("ready", above.Line(), "the process above");
        using var box = new Box(new CgroupResources { PidsLimit = 5 });
        Check.Equal(("threaded", "5"), (box["cgroup.type"], box["pids.max"]), "type and limit");
        // cgroup.procs of a threaded cgroup cannot be read (EOPNOTSUPP): the threads are the answer.
        Check.Equal(0, box.Cgroup.Pids().Count, "nothing inside");
        File.WriteAllText(box.Path + "/cgroup.threads", above.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Check.Equal(above.Pid, box.Cgroup.Pids() is [int one] ? one : 0, "the thread inside");
        File.WriteAllText(Box.Top + "/cgroup.threads", above.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }
}
