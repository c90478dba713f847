using System.Collections.Generic;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Files.Asynchronous;
using Bulkhead.UserKernel.Files.Terminals;
using Bulkhead.UserKernel.Ipc;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Time;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Tasks;

/// <summary>A thread group.</summary>
internal sealed class Process(Kernel kernel, int pid)
{
    public Kernel Kernel { get; } = kernel;

    public int Pid { get; } = pid;

    public Process? Parent { get; set; }

    public List<Process> Children { get; } = [];

    public List<GuestTask> Tasks { get; } = [];

    public int Group { get; set; }

    public int Session { get; set; }

    public FdTable Files { get; set; } = null!;

    public FileSystemState Place { get; set; } = null!;

    public SignalActions Actions { get; set; } = new();

    public PendingSignals Pending { get; } = new();

    /// <summary>What children's changes wake: wait4.</summary>
    public WaitQueue ChildChanges { get; } = new();

    /// <summary>Signals for signalfd and sigtimedwait.</summary>
    public WaitQueue SignalChanges { get; } = new();

    public bool IsZombie { get; set; }

    /// <summary>Who asked for it from outside wants to know its end, as wait(2) has it.</summary>
    public System.Action<int>? OnEnd { get; set; }

    /// <summary>As wait(2) has it.</summary>
    public int ExitStatus { get; set; }

    /// <summary>The signal of clone(2) for its parent.</summary>
    public int ExitSignal { get; set; } = Linux.Abi.Signal.SIGCHLD;

    public bool IsStopped { get; set; }

    /// <summary>What has stopped it.</summary>
    public int StopSignal { get; set; }

    /// <summary>The thread that made it: its tracer when it asks to be traced; null: no guest.</summary>
    public GuestTask? Maker { get; init; }

    /// <summary>What its threads trace.</summary>
    public List<Trace> Tracees { get; } = [];

    /// <summary>A stop or continuation that no wait has told yet: the status, 0 for none.</summary>
    public int ChangeToTell { get; set; }

    /// <summary>Threads that wait for SIGCONT.</summary>
    public List<HeldTask> Held { get; } = [];

    /// <summary>The controlling terminal; null: none.</summary>
    public Terminal? Terminal { get; set; }

    /// <summary>The foreground group when the terminal was hung up under its leader; 0: it was not.</summary>
    public int ForegroundAtHangUp { get; set; }

    public bool HasExecuted { get; set; }

    public bool NoNewPrivileges { get; set; }

    public int ParentDeathSignal { get; set; }

    public bool IsSubreaper { get; set; }

    public byte[] CommandLine { get; set; } = [];

    public byte[] Environment { get; set; } = [];

    /// <summary>Absolute path of the program, as /proc/PID/exe shows it.</summary>
    public string Executable { get; set; } = "";

    public ResourceLimits Limits { get; set; } = new();

    public ProcessTraits Traits { get; set; } = ProcessTraits.Usual;

    public ImageLayout Layout { get; set; } = ImageLayout.None;

    /// <summary>Times that its loader mapped text that is shared: each leaves trampolines behind when the guest unmaps it.</summary>
    public int SharedTexts { get; set; }

    /// <summary>The leader as it was when it ended: a zombie still has a name and a user.</summary>
    public GuestTask? Ended { get; set; }

    /// <summary>What it executes, for /proc/PID/exe: still there when its name is not.</summary>
    public OpenFile? Program { get; set; }

    /// <summary>Its directory of /proc, made when somebody looks: inode numbers stay.</summary>
    public Vfs.Node? Directory { get; set; }

    /// <summary>Monotonic nanoseconds.</summary>
    public long StartTime { get; init; }

    public IntervalTimers IntervalTimers => field ??= new IntervalTimers(this);

    public CpuLimit CpuLimit => field ??= new CpuLimit(this);

    public PosixTimers PosixTimers { get; } = new();

    /// <summary>Its end, and when nothing is left of it: pidfds.</summary>
    public WaitQueue Ending { get; } = new();

    /// <summary>Who waits for it to execute or end (CLONE_VFORK); null: nobody.</summary>
    public GuestTask? VforkWaiter { get; set; }

    /// <summary>System V shared memory in its address space; one list for all who share that.</summary>
    public List<Attachment> Attachments { get; set; } = [];

    /// <summary>io_setup(2).</summary>
    public List<AioContext> AioContexts { get; } = [];

    public bool HasSemaphoreUndo { get; set; }

    /// <summary>CPU time in cells that it has left; and, once it ended, all.</summary>
    public Usage Used { get; set; }

    /// <summary>What its cell had used before the process came into it (vfork).</summary>
    public Usage CellBase { get; set; }

    /// <summary>Of children that were waited for, and theirs.</summary>
    public Usage ChildrenUsed { get; set; }

    /// <summary>Its last cell, and those of children that were waited for, of which the host has not told everything yet.</summary>
    public List<Cell> Unsettled { get; } = [];

    /// <summary>Who waited for it.</summary>
    public Process? Taker { get; set; }

    /// <summary>The leader, or null once it is gone.</summary>
    public GuestTask? Leader => Tasks.Count > 0 ? Tasks[0] : null;
}
