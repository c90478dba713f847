using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Files.Terminals;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Loader;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel;

/// <summary>Who lives, init, and fresh cells.</summary>
internal sealed unsafe partial class Kernel
{
    public const int MostPids = 32768;
    private const int StandardStreams = 3;
    private const ulong ParentSetTid = 0x100000;
    private readonly SortedDictionary<int, Process> processes = [];
    private readonly Dictionary<int, GuestTask> tasks = [];
    private readonly Dictionary<int, Cell> byHostPid = [];
    private int lastPid;

    /// <summary>Cells without a process yet: it may never come, if a guest says that it has forked and has not.</summary>
    private int unborn;

    public int ThreadCount => tasks.Count;

    public IEnumerable<Process> Processes => processes.Values;

    /// <summary>The sandbox's own terminal; null without one.</summary>
    public HostConsole? Console { get; private set; }

    public Process? Find(int pid) => processes.GetValueOrDefault(pid);

    public GuestTask? FindTask(int tid) => tasks.GetValueOrDefault(tid);

    public List<Process> ProcessesOf(int group)
    {
        var found = new List<Process>();
        foreach (Process process in processes.Values)
        {
            if (process.Group == group && !process.IsZombie)
                found.Add(process);
        }
        return found;
    }

    private bool HasGroup(int group)
    {
        foreach (Process process in processes.Values)
        {
            if (process.Group == group && !process.IsZombie)
                return true;
        }
        return false;
    }

    public bool SessionHasGroup(int session, int group)
    {
        foreach (Process process in processes.Values)
        {
            if (process.Group == group && process.Session == session)
                return true;
        }
        return false;
    }

    private int NewPid()
    {
        for (int tries = 0; tries < MostPids; tries++)
        {
            lastPid = lastPid >= MostPids - 1 ? 300 : lastPid + 1;
            if (!processes.ContainsKey(lastPid) && !tasks.ContainsKey(lastPid) && !HasGroup(lastPid))
                return lastPid;
        }
        return 0;
    }

    private Cell? NewCell()
    {
        ulong key = nextKey++;
        Cell? cell = Cell.Create(key);
        if (cell is null)
            return null;
        cells.Add(key, cell);
        unborn++;
        HostEvents.Control(epoll, HostEvents.Add, cell.Socket.Value, HostEvents.In, key);
        return cell;
    }

    /// <summary>No guest is in it any more. <paramref name="waits"/>: its only thread waits for us, so that its end has time.</summary>
    private void Drop(Cell cell, bool waits = false)
    {
        // The number stays ours until the process is reaped.
        if (!waits || cell.HasThreads)
            cell.Kill();
        for (int i = 0; i < cell.Used; i++)
        {
            // Host threads without a guest run no more.
            if (cell.TaskAt(i) is { } rest && (rest.IsDismissed || rest.Process.IsZombie))
                SetState(rest, TaskState.Dead);
        }
        if (cells.Remove(cell.Key) && !cell.IsBorn)
            unborn--;
        pool.PutAway(cell);
    }

    private void StartInit()
    {
        int[] streams = new int[StandardStreams + Options.Files];
        for (int fd = 0; fd < streams.Length; fd++)
            streams[fd] = fd;
        long error = Begin(Options, streams).Error;
        if (error < 0)
            throw new GuestStartException(Options.Args[0], (Linux.Errno)(-error));
    }

    /// <summary>A process that no guest has made, with streams of the host's. On an error nothing of it is left.</summary>
    private (Process Process, long Error) Begin(KernelOptions options, int[] streams)
    {
        Filters.SeccompState? filter = Syscalls.SeccompCalls.Initial(options);
        var process = new Process(this, NewPid()) { StartTime = HostEvents.Now(1), Traits = ProcessTraits.Initial(options) };
        process.Group = process.Session = process.Pid;
        processes.Add(process.Pid, process);
        process.Files = new FdTable();
        process.Place = Vfs.FileSystem.Start(options);
        process.NoNewPrivileges = options.NoNewPrivileges;
        foreach ((int resource, ulong soft, ulong hard) in options.Limits)
        {
            if (resource is >= 0 and < ResourceLimits.Count)
                process.Limits[resource] = (soft, hard);
        }
        if (pool.Channel() is not { } cell)
        {
            foreach (int stream in streams)
                HostFiles.Close(stream);
            processes.Remove(process.Pid);
            return (process, Fail.ENOMEM);
        }
        var task = new GuestTask(process.Pid, process, cell, 0)
        {
            Credentials = Syscalls.CredentialCalls.Initial(options),
            Scheduling = Scheduling.Initial(options),
            Seccomp = filter,
            Mask = options.Blocked & ~Signals.SignalSet.Unblockable,
        };
        process.Tasks.Add(task);
        tasks.Add(task.Tid, task);
        OpenStreams(process, options, streams);
        Identity.Assume(task.Credentials);
        long error = Syscalls.PlaceCalls.Begin(task);
        ExecImage? image = null;
        if (error == 0)
            error = Executor.FindInPath(task, options.Args, options.Env, out image);
        if (error < 0)
        {
            RemoveTask(task);
            process.OnEnd?.Invoke(0);
            process.Files.Release();
            processes.Remove(process.Pid);
            Drop(cell);
            return (process, error);
        }
        EnterNewCell(task, cell, image!);
        return (process, 0);
    }

    private void OpenStreams(Process process, KernelOptions options, int[] streams)
    {
        HostTerminal? terminal = null;
        if (options.Terminal)
        {
            bool isFirst = process.Pid == 1;
            var console = new HostConsole(this, isFirst ? streams[0] : (int)HostFiles.Plain(SysNr.fcntl, streams[0], Fcntl.F_DUPFD_CLOEXEC), options.Uid);
            if (isFirst)
                Console = console;
            console.Own(process);
            terminal = console.Standards(process.Tasks[0], streams[0]);
            for (int i = 1; i < 3 && !isFirst; i++)
                HostFiles.Close(streams[i]); // the same terminal
            process.OnEnd = isFirst ? null : _ => console.Close();
        }
        for (int fd = 0; fd < streams.Length; fd++)
            process.Files.Set(fd, terminal is null || fd >= StandardStreams ? HostStream.Open(this, streams[fd]) : fd == 0 ? terminal : terminal.Share(), closeOnExec: false);
    }

    /// <summary>As of which changes of rights, roots, filters and trees gates may repeat answers that last.</summary>
    private ulong lastingTurn = 1;

    /// <summary>No gate repeats an answer that it has had until now.</summary>
    public void ForgetLasting()
    {
        lastingTurn++;
        foreach (Cell cell in cells.Values)
        {
            for (int i = 0; i < cell.Used && !cell.IsGone; i++)
                System.Threading.Volatile.Write(ref cell.SlotAt(i)->LastingTurn, lastingTurn);
        }
    }

    /// <summary>What the gate answers by itself.</summary>
    public static void Fill(GuestTask place, GuestTask task)
    {
        Slot* slot = place.Slot;
        slot->Pid = task.Process.Pid;
        slot->Tid = task.Tid;
        slot->ParentPid = task.Process.Parent?.Pid ?? 0;
        slot->Uid = task.Credentials.Uid;
        slot->Euid = task.Credentials.Euid;
        slot->Gid = task.Credentials.Gid;
        slot->Egid = task.Credentials.Egid;
        slot->Spin = task.Kernel.GateYields;
        slot->LastingTurn = task.Kernel.lastingTurn;
        slot->Filtered = task.Trace is null ? task.Seccomp?.Asked ?? 0 : Filters.SeccompState.AskAll;
    }

    public static void Fill(GuestTask task) => Fill(task, task);
}
