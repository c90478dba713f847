using System.Collections.Generic;
using System.Runtime.InteropServices;
using Bulkhead.Isolation.Hardened.Compile;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.Plan;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Cgroups;
using Bulkhead.Linux.Spawn;
using Bulkhead.Linux.Users;

namespace Bulkhead.Isolation.Hardened;

/// <summary>The steps of exec, host side.</summary>
internal sealed class ExecCreator(ContainerRecord state, Cgroup? cgroup, ProcessPlan plan, ExecRequest request)
{
    public RunningProcess Create()
    {
        using Fd init = InitProcess.Open(state).OrThrow("container not running: open its first process");
        var context = new CompileContext();
        HideWhileJoining();
        int[] own = StandardStreams.Own();
        StandardStreams.Give(own, plan);
        bool user = (state.Namespaces & Sched.CLONE_NEWUSER) != 0, fork = ForkIntoPid(user);
        ulong foreign = user ? state.Namespaces & request.Joined & EnteredByUs : 0;
        ExecProgram.Compile(plan, new ExecInputs
        {
            InitPidfd = init,
            Enter = state.Namespaces & ~(Sched.CLONE_NEWUSER | Sched.CLONE_NEWPID | foreign),
            EnterPidByFork = fork,
            Common = new InitInputs
            {
                CgroupJoins = cgroup?.JoinFds ?? [],
                CgroupViews = [],
                Console = request.Streams.Console,
                PreserveFds = request.Streams.PreserveFds,
                OwnStreams = own,
                Input = request.Input,
            },
        }, context);
        SpawnedProcess process = Spawn(context, init, user, fork, foreign);
        try
        {
            process.Await(InitProgram.SyncReady);
            ProcessFiles.SetOomScore(process.Pid, plan.OomScoreAdj);
            ProcessFiles.Announce(process.Pid, process.Pidfd, request.Streams);
            process.Continue();
            ProcessFiles.FinishExec(process, plan, state);
            return new RunningProcess(process.Pid, process.Pidfd);
        }
        catch
        {
            process.Abandon();
            throw;
        }
        finally
        {
            context.DisposeOwn();
        }
    }

    /// <summary>
    /// Between joining the container's user namespace and executing the stub our child still runs on our memory: a root of that namespace with
    /// CAP_SYS_PTRACE could look at it and open our program behind /proc/PID/exe. Not for a caller without root, whose own /proc would be closed to it.
    /// </summary>
    private static void HideWhileJoining()
    {
        if (!UserEntry.IsRootless)
            Sys.ProcessControl(Prctl.PR_SET_DUMPABLE, 0);
    }

    /// <summary>
    /// A process cloned into the pid namespace has this very program behind /proc/PID/exe until it executes the stub. CAP_SYS_PTRACE in the
    /// host's user namespace is enough to open it and to write it later (CVE-2019-5736): there the stub itself enters the namespace, by a fork.
    /// So it does for a caller without root, whose thread could enter but not come back: the host's pid namespace is none of its own.
    /// </summary>
    private bool ForkIntoPid(bool user) =>
        (state.Namespaces & Sched.CLONE_NEWPID) != 0
        && (UserEntry.IsRootless || (!user && (plan.Capabilities.Bounding >> Capability.CAP_SYS_PTRACE & 1) != 0));

    /// <summary>Kinds that a container may share with one of another user namespace, in which its own has no rights: our thread enters them for the clone.</summary>
    private const ulong EnteredByUs = Sched.CLONE_NEWNET | Sched.CLONE_NEWIPC | Sched.CLONE_NEWUTS;

    private SpawnedProcess Spawn(CompileContext context, Fd init, bool user, bool fork, ulong foreign)
    {
        var joins = new List<(Fd, ulong, string)>();
        foreach (ulong type in new[] { Sched.CLONE_NEWNET, Sched.CLONE_NEWIPC, Sched.CLONE_NEWUTS })
        {
            if ((foreign & type) != 0)
                joins.Add((init, type, "that the container shares"));
        }
        if ((state.Namespaces & Sched.CLONE_NEWPID) != 0 && !fork)
            joins.Add((init, Sched.CLONE_NEWPID, "of the container's processes"));
        using ThreadNamespaces entered = ThreadNamespaces.Enter(CollectionsMarshal.AsSpan(joins));
        return Spawner.Start(new SpawnRequest
        {
            Program = context.Program,
            Cgroup = cgroup?.CloneFd,
            Inherit = context.Inherited,
            Prelude = user ? prelude => JoinUser(prelude, init) : null,
        });
    }

    private static void JoinUser(SpawnProgram prelude, Fd init)
    {
        prelude.Step("join the container's user namespace");
        prelude.Call(SysNr.setns, init, Sched.CLONE_NEWUSER);
        FullCapabilities.Keep(prelude);
    }
}
