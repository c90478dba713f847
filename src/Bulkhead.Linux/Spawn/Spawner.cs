using System;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Spawn;

/// <summary>What to clone and what the child runs.</summary>
public sealed class SpawnRequest
{
    /// <summary>The stub's program. With <see cref="BeforePrelude"/> its first op must be the sync <see cref="SpawnedProcess.SyncStub"/>.</summary>
    public required SpawnProgram Program { get; init; }

    /// <summary>CLONE_NEW* flags, CLONE_PARENT; VM, VFORK, PIDFD and INTO_CGROUP are added as needed.</summary>
    public ulong CloneFlags { get; init; }

    /// <summary>The child starts in this cgroup v2 directory (CLONE_INTO_CGROUP, Linux 5.7).</summary>
    public Fd? Cgroup { get; init; }

    /// <summary>Descriptors that the program names: they live through the stub's exec, and only there.</summary>
    public required ReadOnlyMemory<Fd> Inherit { get; init; }

    /// <summary>Steps before the stub is executed, in the child that shares our memory: joins and ids of a user namespace.</summary>
    public Action<SpawnProgram>? Prelude { get; init; }

    /// <summary>
    /// Called while the prelude stands at its sync <see cref="SpawnedProcess.SyncPrelude"/>, which must be its first op: writes id maps.
    /// </summary>
    public Action<SpawnedProcess>? BeforePrelude { get; init; }
}

/// <summary>
/// The only place that clones. The child shares our memory just long enough to execute the stub, natively; from then on it is a
/// process of a few pages that interprets its plan (docs/decisions/0002).
/// </summary>
public static unsafe partial class Spawner
{
    private const int LaunchBufferSize = 32768;

    /// <summary>The native launcher has one stack for its child.</summary>
    private static readonly Lock Gate = new();

    [LibraryImport("bulkheadnative", EntryPoint = "bh_launch")]
    private static partial nint Launch(LaunchArguments* arguments);

    [LibraryImport("bulkheadnative", EntryPoint = "bh_stub_image")]
    private static partial byte* StubImage(ulong* size);

    public static SpawnedProcess Start(SpawnRequest request)
    {
        (Fd ours, Fd theirs) = Sys.SocketPair().OrThrow("make a socket pair");
        using Fd childEnd = theirs;
        using Fd stub = MakeStub();
        using Fd plan = MakePlan(request.Program, theirs.Value);
        lock (Gate)
        {
            nint buffer = (nint)NativeMemory.Alloc(LaunchBufferSize);
            try
            {
                SpawnProgram launch = SpawnProgram.ForLaunch(buffer);
                // With our end open in the child too, one that waits for us would wait for ever when we are killed, with all our locks.
                launch.Step("close the starter's end of the report");
                launch.Call(SysNr.close, ours);
                request.Prelude?.Invoke(launch);
                AppendExec(launch, request, stub, plan, childEnd);
                return Run(request, launch, buffer, ours, childEnd);
            }
            catch
            {
                ours.Dispose();
                throw;
            }
            finally
            {
                NativeMemory.Free((void*)buffer);
            }
        }
    }

    private static SpawnedProcess Run(SpawnRequest request, SpawnProgram launch, nint buffer, Fd ours, Fd theirs)
    {
        ReadOnlySpan<byte> ops = launch.Link();
        int opsOffset = (launch.Data.Length + 7) & -8;
        if (opsOffset + ops.Length > LaunchBufferSize)
            throw new StepException("the container's configuration passes too many files to its process");
        // SAFETY: the buffer has LaunchBufferSize bytes and outlives the child's use of it: Settle returns after its exec.
        launch.Data.CopyTo(new Span<byte>((void*)buffer, LaunchBufferSize));
        ops.CopyTo(new Span<byte>((void*)(buffer + opsOffset), LaunchBufferSize - opsOffset));
        bool waits = request.BeforePrelude is not null;
        var arguments = new LaunchArguments
        {
            CloneFlags = request.CloneFlags | Sched.CLONE_PIDFD
                | (waits ? 0 : Sched.CLONE_VFORK)
                | (request.Cgroup is null ? 0 : Sched.CLONE_INTO_CGROUP),
            CgroupFd = request.Cgroup?.Value ?? -1,
            Program = new ProgramHeader
            {
                Ops = (ulong)(buffer + opsOffset),
                OpCount = (uint)launch.OpCount,
                ReportFd = theirs.Value,
                Phase = ProgramLayout.PhaseLaunch,
            },
        };
        nint pid = Launch(&arguments);
        if (pid < 0)
            throw new StepException("clone a process with its namespaces", (Errno)(-(int)pid));
        var process = new SpawnedProcess((int)pid, new Fd(arguments.Pidfd), ours, launch, request.Program);
        theirs.Dispose();
        if (waits)
            Settle(request, process);
        return process;
    }

    /// <summary>Without CLONE_VFORK the child still runs on our memory: wait for the stub's first word, which tells that it does no more.</summary>
    private static void Settle(SpawnRequest request, SpawnedProcess process)
    {
        try
        {
            process.Await(SpawnedProcess.SyncPrelude);
            request.BeforePrelude!(process);
            process.Continue();
            process.Await(SpawnedProcess.SyncStub);
            process.Continue();
        }
        catch
        {
            process.Abandon();
            throw;
        }
    }

    /// <summary>Clears close-on-exec of what the stub needs, then executes it.</summary>
    private static void AppendExec(SpawnProgram launch, SpawnRequest request, Fd stub, Fd plan, Fd report)
    {
        launch.Step("pass open files to the container's first process");
        foreach (Fd fd in request.Inherit.Span)
            launch.Call(SysNr.fcntl, fd, Fcntl.F_SETFD, 0);
        launch.Call(SysNr.fcntl, plan, Fcntl.F_SETFD, 0);
        launch.Call(SysNr.fcntl, report, Fcntl.F_SETFD, 0);
        launch.Step("execute the container's first process");
        ulong argv = launch.TextArray(["bulkhead-init", plan.Value.ToString(CultureInfo.InvariantCulture)]);
        launch.Call(SysNr.execveat, stub, launch.Text(""), argv, launch.TextArray([]), Fcntl.AT_EMPTY_PATH);
    }

    /// <summary>The stub in a sealed memfd: nothing inside the container can write what stands behind /proc/PID/exe (CVE-2019-5736).</summary>
    private static Fd MakeStub()
    {
        const int Seals = Fcntl.F_SEAL_SEAL | Fcntl.F_SEAL_SHRINK | Fcntl.F_SEAL_GROW | Fcntl.F_SEAL_WRITE;
        Fd fd = Sys.MemfdCreate("bulkhead-init", Memfd.MFD_ALLOW_SEALING, executable: true).OrThrow("make a memory file");
        ulong size;
        byte* image = StubImage(&size);
        Errno error = Sys.WriteAll(fd, new ReadOnlySpan<byte>(image, (int)size));
        if (error == Errno.None)
            error = Sys.FileControl(fd, Fcntl.F_ADD_SEALS, Seals).Error;
        if (error == Errno.None)
            return fd;
        fd.Dispose();
        throw new StepException("write the container's first process", error);
    }

    private static Fd MakePlan(SpawnProgram program, int reportFd)
    {
        ReadOnlySpan<byte> ops = program.Link();
        int opsOffset = (sizeof(ProgramHeader) + program.Data.Length + 7) & -8;
        byte[] file = new byte[opsOffset + ops.Length];
        var header = new ProgramHeader
        {
            Ops = ProgramLayout.PlanAddress + (ulong)opsOffset,
            OpCount = (uint)program.OpCount,
            ReportFd = reportFd,
            Phase = ProgramLayout.PhaseStub,
        };
        MemoryMarshal.Write(file, in header);
        program.Data.CopyTo(file.AsSpan(Unsafe.SizeOf<ProgramHeader>()));
        ops.CopyTo(file.AsSpan(opsOffset));
        Fd fd = Sys.MemfdCreate("bulkhead-plan", 0, executable: false).OrThrow("make a memory file");
        Errno error = Sys.WriteAll(fd, file);
        if (error == Errno.None)
            return fd;
        fd.Dispose();
        throw new StepException("write the container's plan", error);
    }
}
