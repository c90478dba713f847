using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Netlink;
using Bulkhead.Linux.Spawn;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Hardened.Compile;

/// <summary>
/// How the first process gets its namespaces. Without a user namespace, or with a new one, clone makes them all. With a user namespace
/// to join, the process joins it first and then makes the rest, so that they belong to it.
/// </summary>
internal sealed class NamespaceSteps(CompileContext context, SandboxPlan plan)
{
    /// <summary>Made by the stub itself: a cgroup namespace takes its root from the cgroup joined before, a time namespace its offsets.</summary>
    private const ulong MadeByStub = Sched.CLONE_NEWCGROUP | Sched.CLONE_NEWTIME;

    private readonly SpawnProgram program = context.Program;

    private NamespacePlan Namespaces => plan.Namespaces;

    public bool NewUser => Namespaces.IsNew(Sched.CLONE_NEWUSER);

    private JoinPlan? JoinedUser => Namespaces.Joined(Sched.CLONE_NEWUSER);

    public ulong CloneFlags => JoinedUser is null ? Namespaces.New & ~MadeByStub : 0;

    /// <summary>
    /// Namespaces that our own thread must enter for the clone: from a new user namespace the child would have no right to. Else the stub
    /// enters: in a joined pid namespace others could open the runtime's program behind /proc/PID/exe before the stub (CVE-2019-5736).
    /// </summary>
    public JoinPlan[] EnteredByParent() => NewUser ? Namespaces.Join : [];

    /// <summary>Steps before the stub: become root of the user namespace, else exec would take the capabilities away.</summary>
    public Action<SpawnProgram>? Prelude()
    {
        if (!NewUser && JoinedUser is null)
            return null;
        return prelude =>
        {
            if (NewUser)
                prelude.Sync(SpawnedProcess.SyncPrelude);
            if (JoinedUser is { } user)
            {
                prelude.Step("join the user namespace", user.Path);
                prelude.Call(SysNr.setns, user.Namespace, Sched.CLONE_NEWUSER);
            }
            FullCapabilities.Keep(prelude);
        };
    }

    /// <summary>Joins, and makes what clone did not; the process that goes on is in all of them.</summary>
    public void Enter()
    {
        bool fork = false;
        foreach (JoinPlan join in Namespaces.Join)
        {
            if (join.Type == Sched.CLONE_NEWUSER || NewUser)
                continue;
            program.Step("join the namespace", join.Path);
            program.Call(SysNr.setns, context.Use(join.Namespace), join.Type);
            fork |= join.Type == Sched.CLONE_NEWPID;
        }
        if (JoinedUser is not null && (Namespaces.New & ~MadeByStub) != 0)
        {
            program.Step("make namespaces");
            program.Call(SysNr.unshare, Namespaces.New & ~MadeByStub);
            fork |= Namespaces.IsNew(Sched.CLONE_NEWPID);
        }
        if (fork)
        {
            program.Step("fork into the pid namespace");
            program.Fork(Sched.CLONE_PARENT | Signal.SIGCHLD);
            DieWithParent();
        }
    }

    /// <summary>Until the parent has written down that we exist, we do not outlive it.</summary>
    public void DieWithParent()
    {
        program.Step("follow the runtime's death");
        program.Call(SysNr.prctl, Prctl.PR_SET_PDEATHSIG, Signal.SIGKILL, 0, 0, 0);
    }

    public void OutliveParent() => program.Call(SysNr.prctl, Prctl.PR_SET_PDEATHSIG, 0, 0, 0, 0);

    /// <summary>After the cgroups are joined.</summary>
    public void MakeLate()
    {
        if (Namespaces.IsNew(Sched.CLONE_NEWCGROUP))
        {
            program.Step("make a cgroup namespace");
            program.Call(SysNr.unshare, Sched.CLONE_NEWCGROUP);
        }
        if (Namespaces.IsNew(Sched.CLONE_NEWTIME))
            MakeTime();
    }

    /// <summary>unshare(2) makes it for children only; setns(2) enters it ourselves, without a fork (time_namespaces(7)).</summary>
    private void MakeTime()
    {
        program.Step("make a time namespace");
        program.Call(SysNr.unshare, Sched.CLONE_NEWTIME);
        foreach (KeyValuePair<string, LinuxTimeOffset> offset in Namespaces.TimeOffsets)
        {
            program.Step("set the time offset of", offset.Key);
            string line = string.Create(CultureInfo.InvariantCulture, $"{offset.Key} {offset.Value.Secs} {offset.Value.Nanosecs}");
            context.WriteProc("self/timens_offsets", line);
        }
        program.Step("enter the time namespace");
        int mark = program.Mark();
        Slot fd = program.CallInto(program.NewSlot(), SysNr.openat, context.HostProc(), program.Text("self/ns/time_for_children"),
            Fcntl.O_RDONLY | Fcntl.O_CLOEXEC);
        program.Call(SysNr.setns, fd, Sched.CLONE_NEWTIME);
        context.Close(fd);
        program.Release(mark);
    }

    /// <summary>Names, loopback, kernel settings: what belongs to the namespaces as such.</summary>
    public void Configure()
    {
        if (plan.Hostname is { } host)
        {
            program.Step("set the host name");
            program.Call(SysNr.sethostname, program.Text(host), Encoding.UTF8.GetByteCount(host));
        }
        if (plan.Domainname is { } domain)
        {
            program.Step("set the domain name");
            program.Call(SysNr.setdomainname, program.Text(domain), Encoding.UTF8.GetByteCount(domain));
        }
        if (Namespaces.IsNew(Sched.CLONE_NEWNET))
            RaiseLoopback();
        foreach (KeyValuePair<string, string> sysctl in plan.Sysctls)
        {
            program.Step("set sysctl", sysctl.Key);
            context.WriteProc("sys/" + sysctl.Key, sysctl.Value);
        }
    }

    private void RaiseLoopback()
    {
        program.Step("bring up the loopback interface");
        int mark = program.Mark();
        Slot socket = program.CallInto(program.NewSlot(), SysNr.socket, Loopback.Family, Loopback.Type, 0);
        program.Call(SysNr.ioctl, socket, Loopback.Request, program.Bytes(Loopback.Argument));
        context.Close(socket);
        program.Release(mark);
    }
}
