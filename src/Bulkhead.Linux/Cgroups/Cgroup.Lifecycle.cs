using System;
using System.Collections.Generic;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Cgroups;

public enum FreezeState
{
    Thawed,
    Frozen,

    /// <summary>The cgroup is gone or has no freezer.</summary>
    Unknown,
}

public sealed partial class Cgroup
{
    private const short PollPriority = 0x2; // POLLPRI of poll(2)
    private const int SigKill = 9;

    /// <summary>The processes in this cgroup and, when asked, in those below it. Empty when it is gone.</summary>
    public List<int> Pids(bool recursive = true)
    {
        var pids = new List<int>();
        Collect(Main, pids, recursive);
        return pids;
    }

    /// <summary>
    /// Sends a signal to every process, below too. SIGKILL does not return before the cgroup is empty or five seconds passed: false
    /// then. Works on frozen containers and against fork bombs.
    /// </summary>
    public bool Kill(int signal = SigKill)
    {
        if (signal != SigKill)
        {
            foreach (int pid in Pids())
                _ = Sys.Kill(pid, signal);
            return true;
        }
        // cgroup.kill (Linux 5.14) takes the whole tree at once, forks included; a frozen v2 process dies too.
        bool atOnce = Unified is { } unified && IsUnified && unified.TryDir().Ok && unified.TryWrite("cgroup.kill", "1") == Errno.None;
        for (int wait = 1, spent = 0; spent < 5000; spent += wait, wait = Math.Min(wait * 2, 50))
        {
            if (atOnce ? Pids().Count == 0 : KillRound())
                return true;
            Sys.Pause(wait);
        }
        return Pids().Count == 0;
    }

    /// <summary>v1: stop the forking, kill what is there, let them run into their death. True when nothing was there.</summary>
    private bool KillRound()
    {
        List<int> pids = Pids();
        if (pids.Count == 0)
            return true;
        CgroupEntry? freezer = Find(CgroupControllers.Freezer);
        if (freezer is not null && freezer.TryDir().Ok)
        {
            // Best effort: with forks under way v1 may stay FREEZING, but each round leaves fewer that can fork.
            _ = freezer.TryWrite("freezer.state", "FROZEN");
            pids = Pids();
        }
        foreach (int pid in pids)
            _ = Sys.Kill(pid, SigKill);
        if (freezer is not null)
            ThawTree(freezer);
        return false;
    }

    /// <summary>A process frozen in a nested v1 cgroup keeps SIGKILL pending until that one thaws.</summary>
    private static void ThawTree(CgroupEntry freezer)
    {
        if (!freezer.TryDir().Ok)
            return;
        _ = freezer.TryWrite("freezer.state", "THAWED");
        foreach (CgroupEntry child in Children(freezer))
        {
            using (child)
                ThawTree(child);
        }
    }

    /// <summary>Stops every process and returns when they stand.</summary>
    public void Freeze()
    {
        if (IsUnified)
            FreezeUnified();
        else
            FreezeLegacy(Find(CgroupControllers.Freezer) ?? throw new StepException("cannot freeze: cgroup controller freezer is not mounted"));
    }

    public void Thaw()
    {
        CgroupEntry entry = IsUnified ? _entries[0]
            : Find(CgroupControllers.Freezer) ?? throw new StepException("cannot thaw: cgroup controller freezer is not mounted");
        entry.Write(entry.IsUnified ? "cgroup.freeze" : "freezer.state", entry.IsUnified ? "0" : "THAWED");
    }

    /// <summary>Whether this cgroup itself is frozen; an ancestor's freeze (of a pod) does not count, as in runc.</summary>
    public FreezeState State()
    {
        if (IsUnified)
        {
            return _entries[0].ReadNumber("cgroup.freeze") is { Ok: true } frozen
                ? (frozen.Value == 1 ? FreezeState.Frozen : FreezeState.Thawed) : FreezeState.Unknown;
        }
        if (Find(CgroupControllers.Freezer) is not { } freezer || freezer.ReadNumber("freezer.self_freezing") is not { Ok: true } self)
            return FreezeState.Unknown;
        return self.Value == 1 ? FreezeState.Frozen : FreezeState.Thawed;
    }

    /// <summary>
    /// While processes appear (fork, exec into the container) a v1 freezer can stay FREEZING for ever; writing again, with a thaw now
    /// and then, gets there (runc has the same loop).
    /// </summary>
    private static void FreezeLegacy(CgroupEntry freezer)
    {
        for (int i = 0; i < 1000; i++)
        {
            if (i % 50 == 49)
            {
                _ = freezer.TryWrite("freezer.state", "THAWED");
                Sys.Pause(10);
            }
            freezer.Write("freezer.state", "FROZEN");
            string state = freezer.Read("freezer.state").OrThrow("read", freezer.Path + "/freezer.state");
            if (state.StartsWith("FROZEN", StringComparison.Ordinal))
                return;
        }
        _ = freezer.TryWrite("freezer.state", "THAWED");
        throw new StepException("unable to freeze", Errno.EBUSY, freezer.Path);
    }

    private void FreezeUnified()
    {
        CgroupEntry entry = _entries[0];
        entry.Write("cgroup.freeze", "1");
        using Fd events = Sys.OpenAt(entry.Dir, "cgroup.events", Fcntl.O_RDONLY).OrThrow("open", entry.Path + "/cgroup.events");
        for (int i = 0; i < 100; i++)
        {
            string text = CgroupIo.ReadAll(events).OrThrow("read", entry.Path + "/cgroup.events");
            if (CgroupIo.Keyed(text, "frozen") == 1)
                return;
            _ = Sys.PollOne(events, PollPriority, 100);
            _ = Sys.SeekStart(events);
        }
        _ = entry.TryWrite("cgroup.freeze", "0");
        throw new StepException("unable to freeze", Errno.ETIMEDOUT, entry.Path);
    }

    /// <summary>
    /// Removes the directories, children first, in all hierarchies; what is gone already is fine. Zombies and dying processes give EBUSY
    /// for a moment: waited for up to two seconds.
    /// </summary>
    public void Remove()
    {
        if (_unit is not null)
            Systemd.SystemdScope.Stop(_unit, _userManager);
        foreach (CgroupEntry entry in _entries)
            RemoveTree(entry);
    }

    private static void RemoveTree(CgroupEntry entry)
    {
        Errno error = Sys.UnlinkAt(Fd.Cwd, entry.Path, Fcntl.AT_REMOVEDIR);
        for (int wait = 1, spent = 0; error is Errno.EBUSY or Errno.ENOTEMPTY && spent < 2000; spent += wait, wait = Math.Min(wait * 2, 100))
        {
            foreach (CgroupEntry child in Children(entry))
            {
                using (child)
                    RemoveTree(child);
            }
            error = Sys.UnlinkAt(Fd.Cwd, entry.Path, Fcntl.AT_REMOVEDIR);
            if (error is Errno.EBUSY)
                Sys.Pause(wait);
        }
        // EROFS also comes for a directory that is not there (read-only cgroup mounts inside containers).
        if (error is Errno.None or Errno.ENOENT || (error == Errno.EROFS && !Sys.StatAt(Fd.Cwd, entry.Path).Ok))
            return;
        throw new StepException("remove cgroup", error, entry.Path);
    }

    private static void Collect(CgroupEntry entry, List<int> pids, bool recursive)
    {
        Result<string> text = entry.Read("cgroup.procs");
        // A threaded v2 cgroup lists threads only.
        if (text.Error == Errno.EOPNOTSUPP)
            text = entry.Read("cgroup.threads");
        if (!text.Ok)
            return;
        foreach (ReadOnlySpan<char> line in text.Value.AsSpan().EnumerateLines())
        {
            // 0: a process outside our pid namespace.
            if (!line.IsEmpty && CgroupIo.ParseNumber(line) is > 0 and var pid)
                pids.Add((int)pid);
        }
        if (!recursive)
            return;
        foreach (CgroupEntry child in Children(entry))
        {
            using (child)
                Collect(child, pids, recursive: true);
        }
    }

    private static List<CgroupEntry> Children(CgroupEntry entry)
    {
        var children = new List<CgroupEntry>();
        Result<Fd> dir = Sys.OpenAt(Fd.Cwd, entry.Path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW);
        if (!dir.Ok)
            return children;
        using (dir.Value)
        {
            Result<List<string>> names = Sys.ListDirectories(dir.Value);
            for (int i = 0; names.Ok && i < names.Value.Count; i++)
                children.Add(new CgroupEntry(entry.Key, entry.Controllers, entry.Path + "/" + names.Value[i]));
        }
        return children;
    }
}
