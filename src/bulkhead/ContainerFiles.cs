using System;
using System.Globalization;
using Bulkhead.Isolation.Users;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Compose;
using Bulkhead.Workloads.Copy;
using Bulkhead.Workloads.Ids;

namespace Bulkhead.Cli;

/// <summary>A container's files from outside: of a running one through its first process's mount namespace, of another as it would see them.</summary>
internal sealed class ContainerFiles : IDisposable
{
    private readonly Fd _root;

    /// <summary>While nothing of it runs: a start would mount the same layer.</summary>
    private readonly Fd? _held;

    private readonly ProcessUser _user;

    private ContainerFiles(Fd root, Fd? held, IdView ids, ProcessUser user) => (_root, _held, Ids, _user) = (root, held, ids, user);

    public Place Place => new(_root, IsContainer: true);

    public IdView Ids { get; }

    /// <summary>For a plain user: this program again, where it may mount, and read what the container's other ids wrote. To be called before anything is opened or made.</summary>
    public static void Enter()
    {
        if (UserEntry.IsRootless && !UserEntry.IsPrivileged)
            UserEntry.Enter(CallerUsers.All());
    }

    /// <summary>The same for one container: where it runs it shows its files itself, and only those of other ids than the caller's need more.</summary>
    public static void EnterFor(Workload workload)
    {
        if (!UserEntry.IsRootless || UserEntry.IsPrivileged)
            return;
        if (!workload.IsRunning)
            Enter();
        else if (!Starter.Ids(workload.Record, workload.Folder).OneGroup)
            UserEntry.Enter(CallerUsers.Of(workload.State!.Pid));
    }

    /// <summary>A container's ids on the disk of its layer.</summary>
    public static IdView LayerIds(Workload workload) => UserEntry.IsRootless ? new(Rootless.Ids(workload.Record, workload.Folder)) : default;

    public static ContainerFiles Open(Workload workload)
    {
        WorkloadOptions options = workload.Record.Options;
        EnterFor(workload);
        ContainerIds ids = Starter.Ids(workload.Record, workload.Folder);
        Fd? held = workload.IsRunning ? null : Hold(workload);
        Fd root = held is null ? OfProcess(workload) : StoppedRoot.Mount(workload.Record, ids, workload.Folder);
        return new ContainerFiles(root, held, new IdView(ids), ProcessUser.Resolve(options));
    }

    /// <summary>This thread's files are the container's user's from now on; a plain user is that already.</summary>
    public FileSystemIds? Assume() => UserEntry.IsRootless ? null : FileSystemIds.Assume(Ids.HostUser(_user.Uid), Ids.HostGroup(_user.Gid));

    public void Dispose()
    {
        _root.Dispose();
        _held?.Dispose();
    }

    /// <summary>A monitor that has told the end of its container is there for a moment more.</summary>
    private static Fd Hold(Workload workload)
    {
        const int Rounds = 200, Milliseconds = 10;
        Result<Fd> held = workload.Folder.TryLock();
        for (int round = 0; held.Error == Errno.EAGAIN && round < Rounds; round++)
        {
            Sys.Pause(Milliseconds);
            held = workload.Folder.TryLock();
        }
        return held.Error == Errno.EAGAIN ? throw new StepException($"container {workload.Name} is being started, ended or changed by another command: try again")
            : held.OrThrow("lock the container's folder", workload.Folder.Path);
    }

    private static Fd OfProcess(Workload workload)
    {
        int pid = workload.State!.Pid;
        using Fd process = Sys.PidfdOpen(pid).OrThrow("watch the container's first process");
        Fd root = Sys.OpenAt(Fd.Cwd, string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/root"), Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open the container's root");
        // Still the same process: its number was not given to another before we opened.
        if (Sys.PollOne(process, Poll.POLLIN, 0) is not { Ok: true, Value: > 0 } && Workload.Find(workload.Id) is { IsRunning: true, State: { } state } && state.Pid == pid)
            return root;
        root.Dispose();
        throw new StepException($"container {workload.Name} ended meanwhile");
    }
}
