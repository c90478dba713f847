using System;
using Bulkhead.UserKernel.Signals;

namespace Bulkhead.UserKernel.Tasks;

/// <summary>How a tracee goes on (ptrace(2)).</summary>
internal enum TraceMode
{
    Continue,

    /// <summary>Until the begin or the end of the next system call.</summary>
    Syscall,

    /// <summary>One instruction.</summary>
    Step,

    /// <summary>As Syscall, but the call is not made.</summary>
    Emulate,
}

/// <summary>What a tracee stands in.</summary>
internal enum TraceStop
{
    None,
    Signal,
    Group,
    Event,
    Entry,
    Exit,
    Seccomp,
}

/// <summary>What a thread stops for before it goes back to the guest's code.</summary>
[Flags]
internal enum TraceDue
{
    None = 0,

    /// <summary>A signal that the tracer has let pass.</summary>
    Accepted = 1,
    Exec = 2,
    CallEnd = 4,
    Step = 8,

    /// <summary>PTRACE_INTERRUPT, or the first stop of a child of a seized thread.</summary>
    Interrupt = 16,
}

/// <summary>A thread that another one traces. What its registers are is its own word: the gate's frame is its own memory.</summary>
internal sealed class Trace(GuestTask tracee, GuestTask tracer, bool isSeized)
{
    // ptrace(2), PTRACE_SETOPTIONS and PTRACE_EVENT_*.
    public const ulong GoodSyscalls = 1, OnSeccomp = 0x80, OnExec = 0x10, OnVforkDone = 0x20, OnExit = 0x40, ExitKill = 0x100000, KnownOptions = 0x3000FF;
    public const int EventFork = 1, EventVfork = 2, EventClone = 3, EventExec = 4, EventVforkDone = 5, EventExit = 6, EventSeccomp = 7, EventStop = 128;
    public const int ContextWords = 24, RegisterWords = 27;

    public GuestTask Tracee => tracee;

    public GuestTask Tracer => tracer;

    public bool IsSeized => isSeized;

    public ulong Options { get; set; }

    public TraceMode Mode { get; set; }

    /// <summary>PTRACE_GETEVENTMSG.</summary>
    public ulong Message { get; set; }

    public TraceStop Stop { get; set; }

    /// <summary>The stop's signal, and its event in the upper byte: what WSTOPSIG and status >> 16 tell.</summary>
    public int Code { get; set; }

    /// <summary>A wait has told this stop.</summary>
    public bool IsTold { get; set; }

    /// <summary>PTRACE_LISTEN: stopped, but no stop of the tracer's.</summary>
    public bool IsListening { get; set; }

    /// <summary>Its status as wait(2) has it, once it has ended and the tracer must be told.</summary>
    public int? Ended { get; set; }

    /// <summary>What PTRACE_GETSIGINFO gives; null in a group stop of a thread that is not seized.</summary>
    public SignalInfo? Info { get; set; }

    /// <summary>What goes on after the stop.</summary>
    public Action<GuestTask>? Resume { get; set; }

    /// <summary>The signal that the tracer has named to go on with.</summary>
    public int Injected { get; set; }

    /// <summary>The thread stands in a call that waits, and what it waits for has come meanwhile.</summary>
    public bool IsInPlace { get; set; }

    public bool IsWoken { get; set; }

    /// <summary>The tracer has let it go on although its process is stopped.</summary>
    public bool PassesStop { get; set; }

    public bool IsInCall { get; set; }

    /// <summary>The tracer has seen the begin of the call.</summary>
    public bool HasSeenEntry { get; set; }

    /// <summary>The tracer has seen an end of the call, which will be made again.</summary>
    public bool HasSeenExit { get; set; }

    /// <summary>PTRACE_EVENT_EXIT is told once.</summary>
    public bool IsEnding { get; set; }

    /// <summary>The number of the call in hand, -1 outside of one.</summary>
    public long Number { get; set; } = -1;

    /// <summary>The single step has set the trap flag: the guest has not.</summary>
    public bool HasForcedTrap { get; set; }

    /// <summary>An event of a birth, told when the child is there.</summary>
    public int BirthEvent { get; set; }

    /// <summary>Where a rewritten call was trapped last, and where the guest goes on after it.</summary>
    public ulong Trampoline { get; set; }

    public ulong Site { get; set; }

    // The gate's frame, as it was read at the stop: struct sigcontext of arch/x86/include/uapi/asm/sigcontext.h in words.
    public ulong Frame { get; set; }

    public ulong[] Context { get; } = new ulong[ContextWords];

    /// <summary>struct user_regs_struct, as it is shown and as the tracer leaves it.</summary>
    public ulong[] Registers { get; } = new ulong[RegisterWords];

    public ulong[] Shown { get; } = new ulong[RegisterWords];
}
