using System;
using System.Globalization;
using System.Text;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Proc;

/// <summary>/proc/PID/stat and statm.</summary>
internal static class StatTexts
{
    private const long PageSize = 4096, Ticks = 10_000_000;

    /// <summary>Address space that is the gate's and no guest's: its stacks, its channel, its program.</summary>
    public const long GateBytes = GateLayout.StacksSize + GateLayout.ChannelSize + (long)GateLayout.TextSize;

    public static char State(Subject subject, string[] host)
    {
        Process process = subject.Process;
        if (process.IsZombie || subject.Main is not { } task || task.State == TaskState.Dead)
            return 'Z';
        if (task.Trace is { Stop: not TraceStop.None, IsListening: false })
            return 't';
        if (process.IsStopped)
            return 'T';
        if (task == task.Kernel.Current)
            return 'R';
        return task.State switch
        {
            TaskState.Blocked => 'S',
            TaskState.Suspended => 'D',
            // In the guest's code, which the host may have put to sleep: on a futex, for a page.
            _ => !task.IsAsking && host.Length > 0 && host[0] is "S" or "D" ? host[0][0] : 'R',
        };
    }

    public static string Line(Subject subject)
    {
        Process process = subject.Process;
        string[] host = HostProcess.StatFields(subject.IsThread ? HostProcess.ReadThread(subject, "stat") : HostProcess.Read(subject, "stat"));
        long Host(int number) => HostProcess.Field(host, number);
        Scheduling plan = subject.Main?.Scheduling ?? Scheduling.Usual;
        bool realTime = plan.Priority > 0;
        GuestTask? asker = process.Kernel.Current;
        ImageLayout layout = asker is not null && subject.MayRead(asker) && subject.HostPid != 0 ? process.Layout : ImageLayout.None;
        (uint terminal, int foreground) = process.Terminal is { } own ? (own.Device, own.Foreground) : (0, -1);
        GuestTask? task = subject.Main;
        (ulong ignored, ulong caught) = StatusTexts.Actions(process);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{subject.Id} ({task?.Name}) {State(subject, host)} {process.Parent?.Pid ?? 0} {process.Group} {process.Session} {terminal} {foreground} ");
        text.Append(CultureInfo.InvariantCulture, $"4194304 {Host(10)} 0 {Host(12)} 0 {Host(14)} {Host(15)} 0 0 ");
        text.Append(CultureInfo.InvariantCulture, $"{(realTime ? -1 - plan.Priority : 20 + plan.Nice)} {plan.Nice} {Math.Max(1, process.Tasks.Count)} 0 {(process.StartTime - process.Kernel.StartedAt) / Ticks} ");
        text.Append(CultureInfo.InvariantCulture, $"{Math.Max(0, Host(23) - (subject.HostPid == 0 ? 0 : GateBytes))} {Host(24)} {process.Limits[5].Soft} ");
        text.Append(CultureInfo.InvariantCulture, $"{layout.CodeStart} {layout.CodeEnd} {layout.StackPointer} 0 0 {Low(task?.Pending.Set)} {Low(task?.Mask)} {Low(ignored)} {Low(caught)} 0 0 0 ");
        text.Append(CultureInfo.InvariantCulture, $"{(subject.IsThread ? -1 : process.ExitSignal)} {Math.Max(0, Host(39))} {plan.Priority} {plan.Policy} 0 0 0 ");
        text.Append(CultureInfo.InvariantCulture, $"{layout.DataStart} {layout.DataEnd} {layout.Heap} {layout.ArgStart} {layout.ArgEnd} {layout.ArgEnd} {layout.EnvEnd} {(process.IsZombie && layout != ImageLayout.None ? process.ExitStatus : 0)}\n");
        return text.ToString();
    }

    /// <summary>These fields hold 31 signals (proc_pid_stat(5)).</summary>
    private static ulong Low(ulong? set) => (set ?? 0) & 0x7fffffff;

    public static string Memory(Subject subject)
    {
        string[] pages = HostProcess.Read(subject, "statm").Split(' ', StringSplitOptions.TrimEntries);
        if (pages.Length < 7 || !long.TryParse(pages[0], NumberStyles.None, CultureInfo.InvariantCulture, out long size) || !long.TryParse(pages[5], NumberStyles.None, CultureInfo.InvariantCulture, out long data))
            return "0 0 0 0 0 0 0\n";
        return string.Create(CultureInfo.InvariantCulture,
            $"{Math.Max(0, size - (GateBytes / PageSize))} {pages[1]} {pages[2]} {pages[3]} 0 {Math.Max(0, data - (GateLayout.StacksSize / PageSize))} 0\n");
    }
}
