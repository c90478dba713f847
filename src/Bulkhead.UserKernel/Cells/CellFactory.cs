using System;
using System.Runtime.InteropServices;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;
using Bulkhead.UserKernel.Confinement;
using Bulkhead.UserKernel.Host;

namespace Bulkhead.UserKernel.Cells;

/// <summary>
/// The template: the gate's own program, started once, confined, and forked for every fresh address space. After that this process makes no
/// other and executes nothing.
/// </summary>
internal sealed unsafe partial class CellFactory : IDisposable
{
    private readonly Fd socket;
    private readonly SpawnedProcess template;

    private CellFactory(Fd socket, SpawnedProcess template, ulong vdso, ulong entry)
    {
        this.socket = socket;
        this.template = template;
        Vdso = vdso;
        GateEntry = entry;
    }

    /// <summary>Where the host's vDSO lies in every cell; 0: nowhere.</summary>
    public ulong Vdso { get; }

    /// <summary>Where a rewritten call site's trampoline enters the gate.</summary>
    public ulong GateEntry { get; }

    public int TemplatePid => template.Pid;

    [LibraryImport("bulkheadnative", EntryPoint = "bh_gate_image")]
    private static partial byte* GateImage(ulong* size);

    /// <summary>Descriptor 3 must be taken here before: the template's socket becomes number 3 over there.</summary>
    public static CellFactory Start()
    {
        (Fd ours, Fd theirs) = Sys.SocketPair().OrThrow("make a socket pair");
        using Fd gate = MakeGate();
        SpawnProgram program = SpawnProgram.ForStub();
        program.Step("start the template of the guest's processes");
        program.Call(SysNr.dup3, theirs, GateLayout.SocketFd, 0);
        program.Call(SysNr.close_range, 0, 2, 0);
        program.Call(SysNr.close_range, GateLayout.SocketFd + 1, uint.MaxValue, Memfd.CLOSE_RANGE_CLOEXEC);
        // A kernel that is not pid 1 of a namespace must not leave its template behind.
        program.Call(SysNr.prctl, Prctl.PR_SET_PDEATHSIG, Signal.SIGKILL, 0, 0, 0);
        // When memory runs out a guest's process goes before the kernel does (proc_pid_oom_score_adj(5)).
        int mark = program.Mark();
        Linux.Spawn.Slot score = program.CallInto(program.NewSlot(), SysNr.openat, Fcntl.AT_FDCWD, program.Text("/proc/self/oom_score_adj"), Fcntl.O_WRONLY, 0);
        program.Call(SysNr.write, score, program.Text("1000"), 4);
        program.AcceptAny();
        program.Call(SysNr.close, score);
        program.Release(mark);
        // What the host's terminal signals is the kernel's to pass on: it must not reach the cells.
        program.Call(SysNr.setsid);
        program.Call(SysNr.rt_sigprocmask, Signal.SIG_SETMASK, program.Struct(0UL), 0, 8);
        // What the kernel may do to files no cell may.
        program.Call(SysNr.prctl, Prctl.PR_CAP_AMBIENT, Prctl.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        ReadOnlySpan<uint> version = [0x20080522, 0], none = [0, 0, 0, 0, 0, 0];
        program.Call(SysNr.capset, program.Bytes(MemoryMarshal.AsBytes(version)), program.Bytes(MemoryMarshal.AsBytes(none)));
        program.Call(SysNr.prctl, Prctl.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        program.Call(SysNr.execveat, gate, program.Text(""), program.TextArray(["cell"]), program.TextArray([]), Fcntl.AT_EMPTY_PATH);
        SpawnedProcess process = Spawner.Start(new SpawnRequest { Program = program, Inherit = new[] { theirs, gate } });
        theirs.Dispose(); // or its end would not be heard
        process.AwaitExec();
        byte[] hello = new byte[16];
        Result<int> length = Sys.Receive(ours, hello);
        if (!length.Ok || length.Value != hello.Length || Sys.Send(ours, CellCalls.Filter()) != Errno.None)
            throw new StepException("the template of the guest's processes did not start");
        return new CellFactory(ours, process, BitConverter.ToUInt64(hello), BitConverter.ToUInt64(hello, 8));
    }

    /// <summary>Asks for a process behind <paramref name="cell"/>; it reports by itself.</summary>
    public bool Fork(Cell cell)
    {
        long sent = HostEvents.Send(socket, [0], cell.Memory.Value, cell.Theirs.Value);
        cell.Theirs.Dispose();
        return sent >= 0;
    }

    public void Dispose()
    {
        template.Dispose();
        socket.Dispose();
    }

    /// <summary>Sealed: no guest may write what its successors are made of.</summary>
    private static Fd MakeGate()
    {
        const int Seals = Fcntl.F_SEAL_SEAL | Fcntl.F_SEAL_SHRINK | Fcntl.F_SEAL_GROW | Fcntl.F_SEAL_WRITE;
        ulong size;
        byte* image = GateImage(&size);
        Fd fd = Sys.MemfdCreate("gate", Memfd.MFD_ALLOW_SEALING, executable: true).OrThrow("make a memory file");
        // SAFETY: constant data of this program, of that size.
        Errno error = Sys.WriteAll(fd, new ReadOnlySpan<byte>(image, (int)size));
        if (error == Errno.None)
            error = Sys.FileControl(fd, Fcntl.F_ADD_SEALS, Seals).Error;
        return error == Errno.None ? fd : throw new StepException("write the gate", error);
    }
}
