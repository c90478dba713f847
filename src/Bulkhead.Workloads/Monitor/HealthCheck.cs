using System;
using System.Globalization;
using System.Text;
using Bulkhead.Isolation;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;
using Bulkhead.Oci;

namespace Bulkhead.Workloads.Monitor;

/// <summary>
/// Runs a container's check in it again and again, with the confinement of an exec, as part of its monitor's poll(2): one check at a time, each followed
/// by its pidfd and one pipe, neither of which the container can make endless.
/// </summary>
internal sealed class HealthCheck : IDisposable
{
    /// <summary>How many descriptors it wants polled.</summary>
    public const int Polled = 3;

    private const int MaxOutput = 4096;
    private const int Failed = -1;

    /// <summary>An exec reads the container's configuration: garbage, which is given back when the monitor settles, and also when it never does.</summary>
    private const int ChecksPerTrim = 16;

    private readonly MonitorPlan plan;
    private readonly HealthOptions options;
    private readonly Containers containers;
    private readonly Container container;
    private readonly WorkloadFolder folder;
    private readonly long begin = Environment.TickCount64;
    private readonly byte[] text = new byte[MaxOutput];
    private readonly Strays strays = Strays.Watch();
    private HealthRecord record = new();
    private RunningProcess? running;
    private Fd? output;
    private int length, checks;
    private long due;
    private string started = "";

    public HealthCheck(MonitorPlan plan, Containers containers, Container container, WorkloadFolder folder)
    {
        (this.plan, options, this.containers, this.container, this.folder) = (plan, plan.Health!, containers, container, folder);
        folder.TrySaveHealth(record);
        Schedule();
    }

    /// <summary>Milliseconds to the next thing to do.</summary>
    public int Patience => (int)Math.Max(0, due - Environment.TickCount64);

    public void Prepare(Span<pollfd> fds)
    {
        fds[0] = new pollfd { fd = running?.Pidfd.Value ?? -1, events = Poll.POLLIN };
        fds[1] = new pollfd { fd = output?.Value ?? -1, events = Poll.POLLIN };
        fds[2] = new pollfd { fd = strays.Pending.Value, events = Poll.POLLIN };
    }

    public void Step(ReadOnlySpan<pollfd> fds)
    {
        if (fds[2].revents != 0)
            strays.Clear();
        int before = checks;
        StepCheck(fds);
        if (fds[2].revents != 0 || checks != before)
            Strays.Reap([container.Record.Pid, running?.Pid ?? 0]);
    }

    private void StepCheck(ReadOnlySpan<pollfd> fds)
    {
        if (fds[1].revents != 0)
            ReadOutput();
        if (running is null)
        {
            if (Patience == 0)
                Begin();
        }
        else if (fds[0].revents != 0)
        {
            // Not to its end: what the check has left behind may write for ever.
            while (length < MaxOutput && output is not null && Sys.PollOne(output, Poll.POLLIN, 0) is { Ok: true, Value: > 0 })
                ReadOutput();
            End(Sys.WaitExit(running.Pidfd).OrThrow("wait for the health check").Status);
        }
        else if (Patience == 0)
        {
            Kill();
            End(Failed, string.Create(CultureInfo.InvariantCulture, $"Health check exceeded timeout ({options.Timeout} ms)"));
        }
    }

    /// <summary>The container has ended, and what ran in it.</summary>
    public void Dispose()
    {
        if (running is not null)
            Kill();
        running?.Dispose();
        output?.Dispose();
        strays.Dispose();
    }

    private bool InStartPeriod => Environment.TickCount64 - begin < options.StartPeriod;

    private void Schedule() => due = Environment.TickCount64 + (record.Status == HealthRecord.Starting && InStartPeriod ? options.StartInterval : options.Interval);

    private void Begin()
    {
        started = Clock.Now();
        length = 0;
        try
        {
            // Nothing runs in it, so nothing can be asked.
            if (container.Sandbox.Status == ContainerStatus.Paused)
                Schedule();
            else
                Run();
        }
        catch (Exception error) when (error is StepException or ContainerMissingException)
        {
            End(Failed, error.Message);
        }
    }

    private void Run()
    {
        Process process = containers.SavedConfig(folder.Id).Process!;
        process.Args = options.Arguments;
        process.Terminal = false;
        process.ConsoleSize = null;
        output = ContainerStreams.OneOutput();
        try
        {
            running = containers.Exec(folder.Id, process, new ExecRequest { Streams = new ProcessStreams() });
        }
        finally
        {
            ContainerStreams.Forget();
        }
        due = Environment.TickCount64 + options.Timeout;
    }

    /// <summary>What is too much is read and dropped: nobody waits for a full pipe.</summary>
    private void ReadOutput()
    {
        Span<byte> rest = text.AsSpan(length);
        Span<byte> nothing = stackalloc byte[512];
        Result<int> read = Sys.Read(output!, rest.Length > 0 ? rest : nothing);
        if (read.Error == Errno.EAGAIN)
            return;
        if (read.Ok && read.Value > 0)
        {
            length += rest.Length > 0 ? read.Value : 0;
            return;
        }
        output!.Dispose();
        output = null;
    }

    private void Kill()
    {
        Sys.PidfdSendSignal(running!.Pidfd, Signal.SIGKILL);
        Sys.WaitExit(running.Pidfd);
    }

    private void End(int status, string? error = null)
    {
        running?.Dispose();
        running = null;
        output?.Dispose();
        output = null;
        var probe = new HealthProbe(started, Clock.Now(), status, error ?? Encoding.UTF8.GetString(text.AsSpan(0, length)));
        string before = record.Status;
        record = record.With(probe, options.Retries, InStartPeriod);
        if (record.Status != before)
            plan.Note("health_status: " + record.Status);
        folder.TrySaveHealth(record);
        if (++checks % ChecksPerTrim == 0)
            Memory.Trim();
        Schedule();
    }
}
