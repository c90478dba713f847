using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Threading;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.CgroupV2;

/// <summary>Freezing, killing, listing.</summary>
internal static class LifecycleCases
{
    private const string Echo = "while read line; do echo $line; done";

    public static void AddTo(Dictionary<string, Action> cases)
    {
        cases.Add("freeze", Freeze);
        cases.Add("freeze-nested", FreezeNested);
        cases.Add("used-refused", UsedRefused);
        cases.Add("kill-frozen", KillFrozen);
        cases.Add("kill-fork-bomb", KillForkBomb);
        cases.Add("kill-signal", KillSignal);
        cases.Add("pids-recursive", PidsRecursive);
    }

    public static void Move(int pid, string cgroup) => File.WriteAllText(cgroup + "/cgroup.procs", pid.ToString(CultureInfo.InvariantCulture));

    private static bool Frozen(string path) => File.ReadAllText(path + "/cgroup.events").Contains("frozen 1", StringComparison.Ordinal);

    private static void Freeze()
    {
        using var box = new Box();
        using var shell = new Shell(box, Echo);
        shell.Tell("one");
        Check.Equal("one", shell.Line(), "before");
        Check.Equal(FreezeState.Thawed, box.Cgroup.State(), "state before");
        box.Cgroup.Freeze();
        Check.Equal(FreezeState.Frozen, box.Cgroup.State(), "state");
        Check.True(Frozen(box.Path), "Freeze returns when all stand: " + box["cgroup.events"]);
        shell.Tell("two");
        box.Cgroup.Freeze();
        Check.Equal(FreezeState.Frozen, box.Cgroup.State(), "frozen twice");
        box.Cgroup.Thaw();
        Check.Equal("two", shell.Line(), "after");
        Check.Equal(FreezeState.Thawed, box.Cgroup.State(), "state after");
        box.Cgroup.Thaw();
        Check.Equal(FreezeState.Thawed, box.Cgroup.State(), "thawed twice");
        using Cgroup none = Box.Open(Box.Top + "/none");
        Check.Equal(FreezeState.Unknown, none.State(), "state of what is not there");
    }

    /// <summary>Freezing takes what is below along; the state is only the cgroup's own, as in runc.</summary>
    private static void FreezeNested()
    {
        using var box = new Box();
        using Cgroup inner = Box.Open(box.Inner("inner"));
        using var shell = new Shell(inner.CloneFd!, Echo);
        box.Cgroup.Freeze();
        Check.True(Frozen(box.Path + "/inner"), "what is below stands");
        Check.Equal((FreezeState.Frozen, FreezeState.Thawed), (box.Cgroup.State(), inner.State()), "states, outer frozen");
        inner.Freeze();
        box.Cgroup.Thaw();
        Check.Equal((FreezeState.Thawed, FreezeState.Frozen), (box.Cgroup.State(), inner.State()), "states, inner frozen");
        Check.True(Frozen(box.Path + "/inner"), "the inner freeze outlives the outer one");
        inner.Thaw();
        shell.Tell("on");
        Check.Equal("on", shell.Line(), "after both thawed");
    }

    private static void UsedRefused()
    {
        using var box = new Box();
        box.Cgroup.Freeze();
        Check.Refused(() => _ = new Box(), "unexpectedly frozen", box.Path);
        box.Cgroup.Thaw();
        using (var shell = new Shell(box, "read line"))
            Check.Refused(() => _ = new Box(), "not empty", box.Path);
        Check.True(box.Cgroup.Exists, "the refused create removed nothing of others");
        using var again = new Box(new CgroupResources { PidsLimit = 3 });
        Check.Equal("3", box["pids.max"], "an empty one is used again");
    }

    private static void KillFrozen()
    {
        using var box = new Box();
        using Cgroup inner = Box.Open(box.Inner("inner"));
        using var above = new Shell(box, "read line");
        using var below = new Shell(inner.CloneFd!, "read line");
        inner.Freeze();
        box.Cgroup.Freeze();
        Check.True(box.Cgroup.Kill(), "Kill says that all are gone");
        Check.Equal(0, box.Cgroup.Pids().Count, "processes left");
        Check.Equal((137, 137), (above.Status(), below.Status()), "statuses");
        box.Cgroup.Thaw();
        inner.Thaw();
        Check.True(box.Cgroup.Kill(), "killing nothing");
    }

    private static void KillForkBomb()
    {
        // The limit is only a belt: at a limit the shell gives up, and the bomb would end by itself.
        using var box = new Box(new CgroupResources { PidsLimit = 500 });
        using var bomb = new Shell(box, "for i in 1 2 3 4 5 6 7 8 9 10; do (while :; do /bin/true; done) & done; wait");
        // A bound, not a measurement: a bomb that never starts must fail here, not hang the guest.
        for (int i = 0; i < 2000 && box.Cgroup.Pids().Count < 11; i++)
            Thread.Sleep(5);
        Check.True(box.Cgroup.Pids().Count >= 11, "the bomb runs");
        Check.True(box.Cgroup.Kill(), "Kill says that all are gone");
        Check.Equal(0, box.Cgroup.Pids().Count, "processes left");
        Check.Equal("populated 0", box["cgroup.events"].Split('\n')[0], "cgroup.events");
    }

    private static void KillSignal()
    {
        using var box = new Box();
        const string Script = "trap 'echo term; exit 3' TERM; echo ready; read line; exit 9";
        using Cgroup inner = Box.Open(box.Inner("inner"));
        using var above = new Shell(box, Script);
        using var below = new Shell(inner.CloneFd!, Script);
        Check.Equal(("ready", "ready"), (above.Line(), below.Line()), "both stand");
        Check.True(box.Cgroup.Kill(15), "signalled");
        Check.Equal(("term", "term"), (above.Line(), below.Line()), "both heard");
        Check.Equal((3, 3), (above.Status(), below.Status()), "statuses");
    }

    private static void PidsRecursive()
    {
        using var box = new Box();
        string deep = box.Inner("one/two");
        using var above = new Shell(box, "read line");
        using var below = new Shell(box, "read line");
        Move(below.Pid, deep);
        List<int> all = box.Cgroup.Pids(), own = box.Cgroup.Pids(recursive: false);
        Check.Equal((2, 1), (all.Count, own.Count), "numbers with and without what is below");
        Check.True(all.Contains(above.Pid) && all.Contains(below.Pid) && own[0] == above.Pid, "which");
        using Cgroup none = Box.Open(Box.Top + "/none");
        Check.Equal(0, none.Pids().Count, "of what is not there");
    }
}
