using System;
using System.Collections.Generic;
using System.Threading;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Confinement;
using Bulkhead.UserKernel.Files.Sockets;
using Bulkhead.UserKernel.Files.Terminals;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Ipc;
using Bulkhead.UserKernel.Loader;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Time;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel;

/// <summary>
/// A Linux kernel for one sandbox. One thread runs all of it, so that nothing in here is locked: it looks at the channels of the guests that run,
/// answers, and sleeps in epoll when there is nothing to do. No call blocks for a guest: what must wait leaves its task on wait queues and is
/// run again.
/// </summary>
internal sealed unsafe partial class Kernel
{
    private const ulong SignalKey = 1, FirstKey = 16;
    private const int SpinRounds = 400, MostHot = 64;
    private readonly List<(Cell Cell, int Slot)> hot = [];
    private readonly Queue<GuestTask> ready = new();
    private readonly Dictionary<ulong, Cell> cells = [];
    private readonly Dictionary<ulong, Action<uint>> hostFiles = [];
    private readonly Fd epoll;
    private readonly Fd signalPipe;
    private readonly CellFactory factory;
    private readonly epoll_event[] events = new epoll_event[64];
    private readonly int cpus = Environment.ProcessorCount;
    private ulong nextKey = FirstKey;
    private int running;

    public Kernel(KernelOptions options)
    {
        Options = options;
        Sandbox = new SandboxView(isWhole: options.Root == "/");
        Hostname = options.Hostname ?? Sandbox.Hostname;
        Domainname = options.Domainname ?? Sandbox.Domainname;
        HostEvents.RaiseFileLimit();
        epoll = HostEvents.CreateEpoll();
        signalPipe = HostEvents.CatchSignals(HostSignals);
        factory = CellFactory.Start();
        Timers = new TimerQueue();
        Network = new NetworkStack(options);
        Terminals = new PseudoTerminals(this);
        FileSystem = new FileSystem(this, options.Root);
        Watches = new Watches(this);
        Bounce = new HostBuffer(HostBuffer.BounceSize);
        HostEvents.Control(epoll, HostEvents.Add, signalPipe.Value, HostEvents.In, SignalKey);
        KernelCalls.Enter();
    }

    public KernelOptions Options { get; }

    /// <summary>Realtime seconds and monotonic nanoseconds of the start.</summary>
    public long BootTime { get; } = HostEvents.Now(0) / 1_000_000_000;

    public long StartedAt { get; } = HostEvents.Now(1);

    public SandboxView Sandbox { get; }

    public string Hostname { get; }

    public string Domainname { get; }

    public TimerQueue Timers { get; }

    public FileSystem FileSystem { get; }

    /// <summary>devpts.</summary>
    public PseudoTerminals Terminals { get; }

    public NetworkStack Network { get; }

    public IpcNamespace Ipc { get; } = new();

    /// <summary>What inotify looks at.</summary>
    public Watches Watches { get; }

    /// <summary>Whose system call runs.</summary>
    public GuestTask? Current { get; private set; }

    public HostIdentity Identity { get; } = new();

    public ulong Vdso => factory.Vdso;

    public HostAuxiliary Auxiliary { get; } = HostAuxiliary.Read();

    /// <summary>Where data rests on its way between a guest and a file.</summary>
    public HostBuffer Bounce { get; }

    /// <summary>Set when init has ended: its status as wait(2) has it.</summary>
    public int? ExitStatus { get; private set; }

    /// <summary>Runs the guest until its init ends: its exit status, or 128 + signal.</summary>
    public int Run()
    {
        StartInit();
        WatchControl();
        while (ExitStatus is null)
        {
            bool worked = LookAtHot();
            worked |= RunReady();
            Timers.Expire(HostEvents.Now(1));
            if (!worked && !Spin())
                Sleep();
        }
        int status = ExitStatus.Value;
        EndAll();
        return (status & 0x7f) != 0 ? 128 + (status & 0x7f) : status >> 8 & 0xff;
    }

    /// <summary>The call that the task waits in is run again.</summary>
    public void MakeReady(GuestTask task)
    {
        foreach (WaitQueue queue in task.Queues)
            queue.Remove(task);
        task.Queues.Clear();
        if (task.State != TaskState.Blocked || task.IsReady)
            return;
        task.IsReady = true;
        ready.Enqueue(task);
    }

    /// <summary>Calls <paramref name="then"/> with the events of a host descriptor, until <see cref="Unwatch"/>.</summary>
    public ulong Watch(int fd, uint wanted, Action<uint> then)
    {
        ulong key = nextKey++;
        if (HostEvents.Control(epoll, HostEvents.Add, fd, wanted, key) < 0)
            return 0;
        hostFiles.Add(key, then);
        return key;
    }

    public void Rearm(int fd, uint wanted, ulong key) => HostEvents.Control(epoll, HostEvents.Modify, fd, wanted, key);

    public void Unwatch(int fd, ulong key)
    {
        HostEvents.Control(epoll, HostEvents.Remove, fd, 0, key);
        hostFiles.Remove(key);
    }

    private bool LookAtHot()
    {
        bool worked = false;
        // Whatever a request does may end cells and shorten the list.
        for (int i = hot.Count - 1; i >= 0; i = Math.Min(i, hot.Count) - 1)
        {
            (Cell cell, int slot) = hot[i];
            if (cell.IsGone)
                hot.RemoveAt(i);
            else if (HasRequest(cell, slot))
                worked |= Handle(cell, slot);
        }
        return worked;
    }

    /// <summary>A request that nobody has seen. A task that waits already leaves its slot in that state until the answer.</summary>
    private static bool HasRequest(Cell cell, int slot) =>
        cell.TaskAt(slot) is { State: TaskState.Running } && Volatile.Read(ref cell.SlotAt(slot)->State) == GateLayout.Request;

    private bool RunReady()
    {
        bool worked = false;
        for (int count = ready.Count; count > 0 && ready.TryDequeue(out GuestTask? task); count--)
        {
            task.IsReady = false;
            if (task.State != TaskState.Blocked)
                continue;
            worked = true;
            task.Retry = true;
            Execute(task);
        }
        return worked;
    }

    /// <summary>While somebody runs and there is a CPU for us beside them, looking costs less than sleeping. True: something came.</summary>
    private bool Spin()
    {
        if (ready.Count > 0)
            return true;
        if (running == 0 || running >= cpus)
            return false;
        for (int round = 0; round < SpinRounds; round++)
        {
            for (int i = 0; i < hot.Count; i++)
            {
                (Cell cell, int slot) = hot[i];
                if (!cell.IsGone && HasRequest(cell, slot))
                    return true;
            }
            Thread.SpinWait(4);
        }
        return false;
    }

    private void Sleep()
    {
        foreach ((Cell cell, int slot) in hot)
        {
            if (!cell.IsGone)
                Volatile.Write(ref cell.SlotAt(slot)->Watching, 0);
        }
        // A guest that saw the flag set rang no bell: look once more now that it is down.
        Interlocked.MemoryBarrier();
        bool worked = LookAtHot();
        hot.RemoveAll(entry => entry.Cell.IsGone || entry.Cell.SlotAt(entry.Slot)->Watching == 0);
        long wait = worked || ready.Count > 0 ? 0 : Timers.Wait(HostEvents.Now(1));
        int count = HostEvents.Wait(epoll, events, wait);
        for (int i = 0; i < count; i++)
            Dispatch(events[i].data, events[i].events);
    }

    private void Dispatch(ulong key, uint what)
    {
        if (key == SignalKey)
            TakeHostSignals();
        else if (cells.TryGetValue(key, out Cell? cell))
            TakeBells(cell);
        else if (hostFiles.TryGetValue(key, out Action<uint>? then))
            then(what);
    }

    /// <summary>Each message names a slot and, by the host's kernel, the process that sent it.</summary>
    private void TakeBells(Cell cell)
    {
        Span<byte> message = stackalloc byte[8];
        for (; ; )
        {
            long length = HostEvents.Receive(cell.Socket, message, out int sender);
            if (length <= 0)
            {
                if (length == 0 || cell.IsGone)
                    HostEvents.Control(epoll, HostEvents.Remove, cell.Socket.Value, 0, 0);
                return;
            }
            if (length < sizeof(ushort) || sender <= 0)
                continue;
            if (cell.HostPid == 0 && !Bind(cell, sender))
                continue;
            int slot = BitConverter.ToUInt16(message);
            if (slot < GateLayout.MaxThreads && HasRequest(cell, slot))
                Handle(cell, slot);
            if (cell.IsGone)
                return;
        }
    }

    /// <summary>
    /// The first who speaks on a cell's socket is its process, from now until the host's kernel has told of its end: else the number could
    /// become another guest's, and its memory would be taken for this one's.
    /// </summary>
    private bool Bind(Cell cell, int sender)
    {
        if (sender == factory.TemplatePid || !byHostPid.TryAdd(sender, cell))
            return false;
        cell.HostPid = sender;
        return true;
    }

    private void Heat(Cell cell, int slot)
    {
        Slot* place = cell.SlotAt(slot);
        if (place->Watching != 0 && hot.Contains((cell, slot)))
            return;
        if (hot.Count >= MostHot)
            return; // it rings
        hot.Add((cell, slot));
        Volatile.Write(ref place->Watching, 1);
    }
}
