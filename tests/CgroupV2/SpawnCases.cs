using System;
using System.Collections.Generic;
using System.IO;
using Bulkhead.Linux;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.CgroupV2;

/// <summary>Processes that are born in a cgroup, or put into it.</summary>
internal static class SpawnCases
{
    public static void AddTo(Dictionary<string, Action> cases)
    {
        cases.Add("clone-into", CloneInto);
        cases.Add("clone-into-inner", CloneIntoInner);
        cases.Add("clone-into-full", CloneIntoFull);
        cases.Add("clone-into-removed", CloneIntoRemoved);
        cases.Add("add-process", AddProcess);
        cases.Add("exec-placement", ExecPlacement);
    }

    private static void CloneInto()
    {
        using var box = new Box(null, "deep/er");
        Check.Equal(0, box.Cgroup.JoinFds.Count, "v1 files to join by");
        using var shell = new Shell(box, "read line < /proc/self/cgroup; echo $line; read line");
        Check.Equal("0::/cgv2/deep/er", shell.Line(), "its cgroup as it sees it");
        Check.Equal(shell.Pid, box.Cgroup.Pids() is [int pid] ? pid : 0, "its pid");
        Check.Equal("0::/", File.ReadAllText("/proc/self/cgroup").Trim(), "ours");
    }

    /// <summary>A cgroup that hands controllers down takes no process (cgroup-v2.rst, "No Internal Process Constraint").</summary>
    private static void CloneIntoInner()
    {
        using var box = new Box();
        box.Inner("inner");
        File.WriteAllText(box.Path + "/cgroup.subtree_control", "+memory");
        Check.Refused(() => _ = new Shell(box, "true"), "clone a process", "resource busy");
        File.WriteAllText(box.Path + "/cgroup.subtree_control", "-memory");
        Check.Equal("ok", Shell.Try(box, "true"), "without controllers it takes one");
    }

    private static void CloneIntoFull()
    {
        using var box = new Box(new CgroupResources { PidsLimit = 1 });
        using var first = new Shell(box, "echo ready; read line");
        Check.Equal("ready", first.Line(), "the first");
        Check.Refused(() => _ = new Shell(box, "true"), "clone a process", "temporarily unavailable");
        Check.Equal(1, box.Cgroup.Pids().Count, "processes");
    }

    private static void CloneIntoRemoved()
    {
        using var box = new Box();
        Fd directory = box.Cgroup.CloneFd!;
        box.Cgroup.Remove();
        StepException refused = Check.Refused(() => _ = new Shell(directory, "true"), "clone a process");
        // clone(2) says ENODEV; css_tryget_online_from_dir of the kernel finds the dead directory first.
        Check.True(refused.Errno is Errno.ENOENT or Errno.ENODEV, refused.Message);
    }

    private static void AddProcess()
    {
        using var from = new Box(null, "from");
        using var to = new Box(null, "to");
        using var shell = new Shell(from, "read line; cat /proc/self/cgroup");
        to.Cgroup.AddProcess(shell.Pid);
        Check.Equal((0, 1), (from.Cgroup.Pids().Count, to.Cgroup.Pids().Count), "moved");
        shell.Tell("go");
        Check.Equal("0::/cgv2/to", shell.Line(), "where it sees itself");
        Check.Equal(0, shell.Status(), "status");
        Check.Refused(() => to.Cgroup.AddProcess(shell.Pid), "move process", "no such process");
    }

    private static void ExecPlacement()
    {
        using var box = new Box();
        string inner = box.Inner("inner");
        using var init = new Shell(box, "echo ready; read line");
        Check.Equal("ready", init.Line(), "the first process");
        using (Cgroup own = box.Cgroup.ForExec([], init.Pid))
            Check.Equal(box.Path, own.Paths.Entries[0].Value, "beside the first process");
        File.WriteAllText(inner + "/cgroup.procs", init.Pid.ToString(System.Globalization.CultureInfo.InvariantCulture));
        using (Cgroup moved = box.Cgroup.ForExec([], init.Pid))
            Check.Equal(inner, moved.Paths.Entries[0].Value, "the first process moved below");
        using (Cgroup asked = box.Cgroup.ForExec(["/inner"], init.Pid))
        using (var added = new Shell(asked.CloneFd!, "cat /proc/self/cgroup"))
            Check.Equal("0::/cgv2/box/inner", added.Line(), "the asked one");
        foreach (string bad in (string[])["..", "inner/../..", "none", "memory:inner"])
        {
            Check.Refused(() =>
            {
                using Cgroup outside = box.Cgroup.ForExec([bad], init.Pid);
            }, "--cgroup");
        }
        Check.Refused(() => _ = box.Cgroup.ForExec(["inner", "inner"], init.Pid), "--cgroup");
    }
}
