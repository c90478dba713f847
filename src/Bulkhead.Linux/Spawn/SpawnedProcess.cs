using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bulkhead.Linux.Spawn;

/// <summary>A process that is interpreting its plan, as its parent sees it.</summary>
public sealed class SpawnedProcess : IDisposable
{
    /// <summary>The first word of a prelude that waits for the parent.</summary>
    public const int SyncPrelude = 1;

    /// <summary>The first word of a stub after such a prelude: our memory is no longer shared.</summary>
    public const int SyncStub = 2;

    private readonly Fd report;
    private readonly SpawnProgram launch;
    private readonly SpawnProgram program;
    private int followed;

    internal SpawnedProcess(int pid, Fd pidfd, Fd report, SpawnProgram launch, SpawnProgram program)
    {
        Pid = pid;
        Pidfd = pidfd;
        this.report = report;
        this.launch = launch;
        this.program = program;
    }

    /// <summary>As seen from our pid namespace.</summary>
    public int Pid { get; private set; }

    public Fd Pidfd { get; private set; }

    /// <summary>Waits until the process stands at sync <paramref name="number"/>: the value it told. A failure becomes a <see cref="StepException"/>.</summary>
    public int Await(int number)
    {
        for (; ; )
        {
            ProgramReport word = Receive();
            switch (word.Kind)
            {
                case ProgramLayout.ReportForked:
                    Follow(word.Value);
                    continue;
                case ProgramLayout.ReportSync when word.Op == number:
                    // The forked child may speak before its parent half has told its pid.
                    while (number > SyncStub && followed < program.Forks)
                        Follow(Receive().Value);
                    return word.Value;
                default:
                    throw Failure(word);
            }
        }
    }

    /// <summary>Lets the process go on from the sync where it stands.</summary>
    public void Continue()
    {
        Errno error = Sys.Send(report, [1]);
        if (error != Errno.None)
            throw new StepException("talk to the container's first process", error);
    }

    /// <summary>Waits for the end of reports: the process has executed its program. A failure before becomes an exception.</summary>
    public void AwaitExec()
    {
        Span<byte> buffer = stackalloc byte[Unsafe.SizeOf<ProgramReport>()];
        Result<int> length = Sys.Read(report, buffer);
        if (length.Ok && length.Value == buffer.Length)
            throw Failure(MemoryMarshal.Read<ProgramReport>(buffer));
    }

    /// <summary>Kills and reaps: after a failure nothing of ours is left running.</summary>
    public void Abandon()
    {
        Sys.PidfdSendSignal(Pidfd, Abi.Signal.SIGKILL);
        Sys.WaitExit(Pidfd);
        Dispose();
    }

    public void Dispose()
    {
        report.Dispose();
        Pidfd.Dispose();
    }

    private ProgramReport Receive()
    {
        Span<byte> buffer = stackalloc byte[Unsafe.SizeOf<ProgramReport>()];
        Result<int> length = Sys.Read(report, buffer);
        if (!length.Ok || length.Value != buffer.Length)
            throw new StepException("the container's first process died before it was ready");
        return MemoryMarshal.Read<ProgramReport>(buffer);
    }

    private StepException Failure(in ProgramReport word)
    {
        SpawnProgram failed = word.Value == ProgramLayout.PhaseLaunch ? launch : program;
        return word.Kind == ProgramLayout.ReportFail
            ? failed.Failure((int)word.Op, (Errno)word.Error)
            : new StepException("the container's first process is out of step");
    }

    /// <summary>The program forked and its parent half exits: from now on this object stands for the child.</summary>
    private void Follow(int pid)
    {
        followed++;
        Sys.WaitExit(Pidfd);
        Pidfd.Dispose();
        Pidfd = Sys.PidfdOpen(pid).OrThrow("open the forked process");
        Pid = pid;
    }
}
