using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Isolation.Hardened.Compile;

/// <summary>
/// From a privileged process inside the container to the user's program: limits, labels, ids, capabilities, landlock, seccomp, exec. The same
/// steps for create and for exec (rkt's last CVEs were an "enter" without them).
/// </summary>
internal sealed class ProcessSteps(CompileContext context, ProcessPlan process)
{
    private const ulong CapSysAdmin = 1UL << 21;
    private const uint CapabilityVersion3 = 0x20080522;
    private const int SeccompSetModeFilter = 1, IoprioWhoProcess = 1, PathSize = 4096;
    private const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private readonly SpawnProgram program = context.Program;
    private readonly List<(string Path, ulong Text)> candidates = [];
    private readonly Slot executable = context.Program.NewSlot();
    private readonly LandlockSteps? landlock = process.Landlock is { } rules ? new LandlockSteps(context, rules) : null;
    private bool filtered;

    /// <summary>All but the last steps, which must wait for start: everything that can fail for a wrong configuration fails in create.</summary>
    public void Prepare(ReadOnlySpan<int> ownStreams)
    {
        SetScheduling();
        SetLimits();
        SetLabels();
        GiveStreams(ownStreams);
        landlock?.MakeRules();
        BecomeUser();
        EnterDirectory();
        if (process.Program is null)
            FindExecutable();
    }

    private void SetScheduling()
    {
        if (process.Scheduler is { } scheduler)
        {
            program.Step("set the scheduler");
            program.Call(SysNr.sched_setattr, 0, program.Bytes(SchedulerAttributes.Encode(scheduler)), 0);
        }
        if (process.IoPriority is { } priority)
        {
            program.Step("set the I/O priority");
            program.Call(SysNr.ioprio_set, IoprioWhoProcess, 0, priority);
        }
        if (process.MemoryPolicy is { } policy)
        {
            program.Step("set the memory policy");
            program.Call(SysNr.set_mempolicy, policy.Mode, policy.NodeCount == 0 ? 0 : program.Bytes(policy.Nodes), policy.NodeCount);
        }
        if (process.FinalAffinity is { } cpus)
        {
            program.Step("set the CPU affinity");
            program.Call(SysNr.sched_setaffinity, 0, cpus.Length, program.Bytes(cpus));
        }
    }

    private void SetLimits()
    {
        foreach (RlimitPlan limit in process.Rlimits)
        {
            program.Step("set resource limit " + Rlimits.Name(limit.Resource));
            ReadOnlySpan<ulong> pair = [limit.Soft, limit.Hard];
            program.Call(SysNr.prlimit64, 0, limit.Resource, program.Bytes(MemoryMarshal.AsBytes(pair)), 0);
        }
    }

    private void SetLabels()
    {
        if (process.ApparmorProfile is { Length: > 0 } profile)
        {
            program.Step("set the AppArmor profile", profile);
            context.WriteProc("self/attr/apparmor/exec", "exec " + profile);
        }
        if (process.SelinuxLabel is { Length: > 0 } label)
        {
            program.Step("set the SELinux label", label);
            context.WriteProc("self/attr/exec", label);
        }
    }

    /// <summary>Pipes and sockets of the caller belong to the user, so that it may open /dev/stdout again. Files and host ttys stay as they are.</summary>
    private void GiveStreams(ReadOnlySpan<int> streams)
    {
        program.Step("give the standard streams to the user");
        foreach (int fd in streams)
        {
            program.Call(SysNr.fchown, fd, process.Uid, -1);
            program.AcceptAny();
        }
    }

    private void BecomeUser()
    {
        program.Step("drop capabilities from the bounding set");
        for (int capability = 0; capability < Capabilities.Count; capability++)
        {
            if ((process.Capabilities.Bounding >> capability & 1) != 0)
                continue;
            program.Call(SysNr.prctl, Prctl.PR_CAPBSET_DROP, capability, 0, 0, 0);
            program.Accept(Errno.EINVAL); // a capability that this kernel does not know
        }
        program.Step("set the user and its groups");
        program.Call(SysNr.prctl, Prctl.PR_SET_KEEPCAPS, 1, 0, 0, 0);
        SetGroups();
        program.Call(SysNr.setresgid, process.Gid, process.Gid, process.Gid);
        program.Call(SysNr.setresuid, process.Uid, process.Uid, process.Uid);
        program.Call(SysNr.umask, process.Umask);
        program.Step("set capabilities");
        CapabilityPlan wanted = process.Capabilities;
        // Without no_new_privs the kernel wants CAP_SYS_ADMIN for landlock and for a filter, which come last: one capset(2) more.
        ulong extra = LateAdmin ? CapSysAdmin : 0;
        SetCapabilities(wanted.Effective | extra, wanted.Permitted | extra, wanted.Inheritable);
        // Those that were kept for our own steps (FullCapabilities); the kernel drops them with the permitted and the inheritable set only.
        if ((wanted.Permitted & wanted.Inheritable & ~wanted.Ambient) != 0)
            program.Call(SysNr.prctl, Prctl.PR_CAP_AMBIENT, Prctl.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        if (wanted.Ambient == 0)
            return;
        for (int capability = 0; capability < Capabilities.Count; capability++)
        {
            if ((wanted.Ambient >> capability & 1) == 0)
                continue;
            program.Call(SysNr.prctl, Prctl.PR_CAP_AMBIENT, Prctl.PR_CAP_AMBIENT_RAISE, capability, 0, 0);
            // Not both permitted and inheritable (capabilities(7)): `runc spec` writes such sets, and runc and crun start them without.
            program.Accept(Errno.EPERM);
        }
    }

    private bool LateAdmin => (process.Seccomp is not null || landlock is not null) && !process.NoNewPrivileges;

    private void SetGroups()
    {
        uint[] groups = process.Groups;
        program.Call(SysNr.setgroups, groups.Length, groups.Length == 0 ? 0 : program.Bytes(MemoryMarshal.AsBytes(groups.AsSpan())));
        // A user namespace whose gid map was written without privilege denies setgroups: then there are none to drop that we could.
        if (groups.Length == 0)
            program.Accept(Errno.EPERM);
    }

    private void SetCapabilities(ulong effective, ulong permitted, ulong inheritable)
    {
        ReadOnlySpan<uint> header = [CapabilityVersion3, 0];
        ReadOnlySpan<uint> data =
        [
            (uint)effective, (uint)permitted, (uint)inheritable,
            (uint)(effective >> 32), (uint)(permitted >> 32), (uint)(inheritable >> 32),
        ];
        program.Call(SysNr.capset, program.Bytes(MemoryMarshal.AsBytes(header)), program.Bytes(MemoryMarshal.AsBytes(data)));
    }

    /// <summary>The directory must lie under the root: a leaked descriptor of the host would give "(unreachable)" (CVE-2024-21626).</summary>
    private void EnterDirectory()
    {
        program.Step("change directory to", process.Cwd);
        program.Call(SysNr.chdir, program.Text(process.Cwd));
        Label inside = program.NewLabel();
        ulong path = program.Reserve(PathSize);
        program.Call(SysNr.getcwd, path, PathSize);
        program.JumpIf(path, 0xff, '/', inside);
        program.Fail(Errno.EXDEV);
        program.Place(inside);
    }

    private void FindExecutable()
    {
        string name = process.Executable ?? process.Args[0];
        bool search = !name.Contains('/', StringComparison.Ordinal);
        if (!search)
            AddCandidate(name);
        else
            AddSearchPath(name);
        Label found = program.NewLabel();
        program.Step(search ? $"exec: \"{name}\": executable file not found in $PATH" : $"exec: \"{name}\"");
        Label denied = program.NewLabel();
        ulong stat = program.Reserve(144);
        foreach ((_, ulong text) in candidates)
            TryCandidate(text, stat, search, found, denied);
        program.Fail(Errno.ENOENT);
        program.Place(denied);
        program.Fail(Errno.EACCES);
        program.Place(found);
    }

    private void TryCandidate(ulong text, ulong stat, bool search, Label found, Label denied)
    {
        const int AccessExecute = 1, EffectiveIds = 0x200, ModeOffset = 24;
        Label next = program.NewLabel(), refuse = search ? next : denied;
        program.Call(SysNr.newfstatat, Fcntl.AT_FDCWD, text, stat, 0);
        program.AcceptAny(next);
        program.JumpIf(stat + ModeOffset, StatMode.S_IFMT, StatMode.S_IFDIR, refuse);
        program.Call(SysNr.faccessat2, Fcntl.AT_FDCWD, text, AccessExecute, EffectiveIds);
        program.AcceptAny(refuse);
        program.Set(executable, text);
        program.Jump(found);
        program.Place(next);
    }

    private void AddSearchPath(string name)
    {
        string path = DefaultPath;
        foreach (string variable in process.Env)
        {
            if (variable.StartsWith("PATH=", StringComparison.Ordinal))
                path = variable[5..];
        }
        foreach (string directory in path.Split(':'))
        {
            // A relative entry would depend on the working directory, which the image chooses.
            if (directory.StartsWith('/'))
                AddCandidate(directory.EndsWith('/') ? directory + name : directory + "/" + name);
        }
    }

    private void AddCandidate(string path) => candidates.Add((path, program.Text(path)));

    /// <summary>The last steps. <paramref name="reports"/>: the parent still listens, so a failed exec is told to it, else to stderr.</summary>
    public void Execute(bool reports, int syncSeccomp)
    {
        ulong arguments = program.TextArray(process.Args), environment = program.TextArray(process.Env);
        ulong blocked = program.Struct(process.BlockedSignals), defaultAction = program.Reserve(32);
        program.Step("reset signals");
        // .NET ignores SIGPIPE for itself; an ignored signal would be inherited by the program.
        program.Call(SysNr.rt_sigaction, Signal.SIGPIPE, defaultAction, 0, 8);
        program.Call(SysNr.rt_sigprocmask, Signal.SIG_SETMASK, blocked, 0, 8);
        if (!filtered)
            Confine(syncSeccomp);
        program.Step("exec " + process.Args[0]);
        if (process.ProgramFile is { } kept)
            program.Call(SysNr.fcntl, context.Use(kept), Fcntl.F_SETFD, 0);
        if (process.Program is { } file)
            program.Call(SysNr.execveat, context.Use(file), program.Text(""), arguments, environment, Fcntl.AT_EMPTY_PATH);
        else
            program.Call(SysNr.execve, executable, arguments, environment);
        if (!reports)
            TellStderr();
    }

    /// <summary>A notifying filter before the wait for start: create hands its listener on, `start` has no way to. As runc has it.</summary>
    public void FilterBeforeWait(int syncSeccomp)
    {
        if (process.Seccomp?.ListenerPath is null)
            return;
        Confine(syncSeccomp);
        filtered = true;
    }

    private void Confine(int syncNumber)
    {
        if (process.NoNewPrivileges)
            program.Call(SysNr.prctl, Prctl.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        landlock?.Confine();
        if (process.Seccomp is { } seccomp)
            InstallFilter(seccomp, syncNumber);
        if (!LateAdmin)
            return;
        program.Step("set capabilities");
        SetCapabilities(process.Capabilities.Effective, process.Capabilities.Permitted, process.Capabilities.Inheritable);
    }

    private void InstallFilter(SeccompPlan seccomp, int syncNumber)
    {
        program.Step("install the seccomp filter");
        int mark = program.Mark();
        ulong filter = program.Bytes(seccomp.Filter), header = program.Reserve(16);
        program.Store64(header, seccomp.Filter.Length / 8);
        program.Store64(header + 8, filter);
        Slot listener = program.CallInto(program.NewSlot(), SysNr.seccomp, SeccompSetModeFilter, seccomp.Flags, header);
        if (seccomp.ListenerPath is not null)
        {
            program.Sync(syncNumber, listener);
            context.Close(listener); // only the agent's may keep the filter answered
        }
        program.Release(mark);
    }

    /// <summary>After start nobody listens: the words go where the program's own errors go, with the shell's exit status.</summary>
    private void TellStderr()
    {
        Label missing = program.NewLabel();
        string text = "exec " + process.Args[0] + ": ";
        program.Accept(Errno.ENOENT, then: missing);
        program.AcceptAny();
        program.Die(text + "cannot execute (exec format error, permission denied, or argument list too long)\n", 126);
        program.Place(missing);
        program.Die(text + "no such file or directory: an interpreter or loader is missing\n", 127);
    }
}
