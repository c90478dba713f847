using System;
using System.Globalization;
using System.Text.Unicode;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Time;

/// <summary>What getrusage(2) tells, in nanoseconds and KiB.</summary>
internal struct Usage
{
    public long User;
    public long System;
    public long MinorFaults;
    public long MajorFaults;
    public long ResidentKib;

    public readonly long Total => User + System;

    public readonly Usage Plus(in Usage other) => new()
    {
        User = User + other.User,
        System = System + other.System,
        MinorFaults = MinorFaults + other.MinorFaults,
        MajorFaults = MajorFaults + other.MajorFaults,
        ResidentKib = Math.Max(ResidentKib, other.ResidentKib),
    };
}

/// <summary>
/// CPU time of guests as the host counts it for their cells. A process has used what its cell has, and what the cells before (execve) had.
/// The host tells the clock of any process by its id: one call, no file.
/// </summary>
internal static class CpuUsage
{
    private const long Tick = 10_000_000;
    private const int MostText = 1024, MostPath = 64;

    public static long Of(Process process, CpuTime kind)
    {
        if (kind == CpuTime.Exact)
            return process.Used.Total + (HostPid(process) is var pid and > 0 ? Clock(pid, kind) - process.CellBase.Total : 0);
        Usage used = Of(process);
        return kind == CpuTime.User ? used.User : used.Total;
    }

    /// <summary>User and system time that add up to what the scheduler counted: the host samples the two by ticks.</summary>
    public static Usage Of(Process process)
    {
        Usage used = process.Used;
        if (HostPid(process) is not (var pid and > 0))
            return used;
        Usage cell = OfCell(pid);
        used.User += Math.Max(0, cell.User - process.CellBase.User);
        used.System += Math.Max(0, cell.System - process.CellBase.System);
        return used;
    }

    public static Usage OfCell(int pid)
    {
        long exact = Clock(pid, CpuTime.Exact), user = Clock(pid, CpuTime.User), all = Clock(pid, CpuTime.All);
        long share = all <= 0 ? exact : (long)((double)exact * user / all);
        return new Usage { User = Math.Min(share, exact), System = Math.Max(0, exact - share) };
    }

    /// <summary>One thread: the host shows it in the cell's /proc only. The tid is the gate's word, good for threads of its cell alone.</summary>
    public static long Of(GuestTask task, CpuTime kind)
    {
        if (task.Process.Tasks.Count == 1)
            return Of(task.Process, kind);
        int tid = task.HostTid > 0 ? task.HostTid : task.HostPid;
        if (task.HostPid <= 0 || tid <= 0)
            return 0;
        if (kind == CpuTime.Exact)
            return Math.Max(0, HostText.Number(Read(task.HostPid, tid, "schedstat", stackalloc byte[MostText])));
        Usage used = Stat(task.HostPid, tid);
        return kind == CpuTime.User ? used.User : used.Total;
    }

    /// <summary>Everything of the process, its faults and memory too.</summary>
    public static Usage Whole(Process process)
    {
        if (process.Unsettled.Count > 0)
            process.Kernel.Settle(process);
        Usage used = Of(process);
        if (HostPid(process) is not (var pid and > 0))
            return used;
        Usage seen = Stat(pid, 0);
        (seen.User, seen.System) = (0, 0);
        return used.Plus(seen);
    }

    public static Usage Whole(GuestTask task)
    {
        Usage used = Stat(task.HostPid, task.HostTid > 0 ? task.HostTid : task.HostPid);
        long exact = Of(task, CpuTime.Exact);
        used.User = used.Total == 0 ? exact : (long)((double)exact * used.User / used.Total);
        used.System = Math.Max(0, exact - used.User);
        return used;
    }

    /// <summary>The cell of the process goes away: what it used is kept.</summary>
    public static void Keep(Process process)
    {
        process.Used = Whole(process);
        process.CellBase = default;
    }

    /// <summary>
    /// The same where the process has its cell alone, which ends now: faults and memory are told by the host when it is reaped, so that nobody who waits for
    /// the process waits for a file of /proc.
    /// </summary>
    public static void KeepAtEnd(Process process)
    {
        if (process.Leader is not { HostPid: > 0, VforkParent: null, Cell: { IsGone: false, HasThreads: false } cell })
        {
            Keep(process);
            return;
        }
        process.Used = Of(process);
        process.CellBase = default;
        cell.Charged = process;
        process.Unsettled.Add(cell);
    }

    /// <summary>The cell's process was reaped.</summary>
    public static void Settle(Cell cell, in Usage used)
    {
        if (cell.Charged is not null)
        {
            Charge(cell, used);
            return;
        }
        // It ended by itself, before we knew.
        if (cell.TaskAt(0) is { Process: { IsZombie: false } process } task && task.Cell == cell && process.Leader == task && !cell.IsGone)
        {
            process.Used = process.Used.Plus(used with
            {
                User = Math.Max(0, used.User - process.CellBase.User),
                System = Math.Max(0, used.System - process.CellBase.System),
            });
            process.CellBase = default;
        }
    }

    /// <summary>wait(2): what a child has used is its parent's.</summary>
    public static void Take(Process child, Process parent)
    {
        parent.ChildrenUsed = parent.ChildrenUsed.Plus(child.Used).Plus(child.ChildrenUsed);
        child.Taker = parent;
        parent.Unsettled.AddRange(child.Unsettled);
    }

    private static void Charge(Cell cell, Usage seen)
    {
        Process process = cell.Charged!;
        cell.Charged = null;
        (seen.User, seen.System) = (0, 0);
        process.Used = process.Used.Plus(seen);
        process.Unsettled.Remove(cell);
        for (Process? taker = process.Taker; taker is not null; taker = taker.Taker)
        {
            taker.ChildrenUsed = taker.ChildrenUsed.Plus(seen);
            taker.Unsettled.Remove(cell);
        }
    }

    private static int HostPid(Process process) => process.Leader is { } leader && !leader.Cell.IsGone ? leader.HostPid : 0;

    /// <summary>The CPU clock of another process, in nanoseconds (clock_getcpuclockid(3) has the id's form).</summary>
    private static long Clock(int pid, CpuTime kind) => HostEvents.Now((~pid << 3) | (int)kind);

    private static Usage Stat(int pid, int tid)
    {
        ReadOnlySpan<byte> text = Read(pid, tid, "stat", stackalloc byte[MostText]);
        // The name may hold anything but is followed by the last parenthesis and the state, the third field of proc_pid_stat(5).
        int name = text.LastIndexOf((byte)')');
        if (name < 0)
            return default;
        text = HostText.Word(text[name..], 1);
        return new Usage
        {
            MinorFaults = Field(text, 10),
            MajorFaults = Field(text, 12),
            User = Field(text, 14) * Tick,
            System = Field(text, 15) * Tick,
            ResidentKib = Field(text, 24) * 4,
        };
    }

    private static long Field(ReadOnlySpan<byte> fromThird, int number) => Math.Max(0, HostText.Number(HostText.Word(fromThird, number - 3)));

    private static ReadOnlySpan<byte> Read(int pid, int tid, string file, Span<byte> to)
    {
        Span<byte> path = stackalloc byte[MostPath];
        bool fits = tid > 0
            ? Utf8.TryWrite(path, CultureInfo.InvariantCulture, $"/proc/{pid}/task/{tid}/{file}\0", out int length)
            : Utf8.TryWrite(path, CultureInfo.InvariantCulture, $"/proc/{pid}/{file}\0", out length);
        return fits ? HostText.Read(path[..length], to) : default;
    }
}
