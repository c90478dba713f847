using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Terminals;

namespace Bulkhead.Linux.Tests.Terminals;

/// <summary>Dispositions are the process's: these tests run one at a time.</summary>
[CollectionDefinition(nameof(ProcessSignals), DisableParallelization = true)]
public sealed class ProcessSignals;

[Collection(nameof(ProcessSignals))]
public sealed class SignalForwarderTests
{
    [Fact]
    public void Signals_go_to_the_process_and_its_end_ends_the_loop()
    {
        using SignalForwarder signals = SignalForwarder.Start();
        const string Script = "trap 'echo usr1' USR1; trap 'echo hup' HUP; trap 'echo term; exit 4' TERM; echo ready; while :; do sleep 0.05; done";
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script]) { RedirectStandardOutput = true })!;
        using Fd pidfd = Sys.PidfdOpen(process.Id).OrThrow("pidfd");
        var seen = new List<string>();
        var teller = new Thread(() =>
        {
            int[] next = [Signal.SIGUSR1, Signal.SIGHUP, Signal.SIGTERM];
            while (process.StandardOutput.ReadLine() is { } line)
            {
                seen.Add(line);
                if (seen.Count <= next.Length)
                    Sys.Kill(Environment.ProcessId, next[seen.Count - 1]);
            }
        });
        teller.Start();
        signals.Run(pidfd);
        teller.Join();
        process.WaitForExit();
        Assert.Equal(["ready", "usr1", "hup", "term"], seen);
        Assert.Equal(4, process.ExitCode);
    }

    /// <summary>Queued real-time signals to the process land on any thread: none is lost, whoever takes them, while garbage is collected.</summary>
    [Fact]
    public void No_signal_is_lost_beside_a_collecting_thread()
    {
        const int Sent = 2000;
        using SignalForwarder signals = SignalForwarder.Start();
        bool stop = false;
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
                GC.Collect();
        });
        collector.Start();
        for (int i = 0; i < Sent; i++)
            Assert.Equal(Errno.None, Sys.Kill(Environment.ProcessId, Signals.RealTimeMin + 1 + (i % 3)));
        int[] counts = new int[65];
        byte[] buffer = new byte[64];
        pollfd[] fds = [new pollfd { fd = signals.Pending.Value, events = Poll.POLLIN }];
        for (int total = 0; total < Sent;)
        {
            Assert.True(Sys.Poll(fds, 5000).OrThrow("poll") == 1, $"only {total} signals came");
            int count = signals.Take(buffer);
            foreach (byte signal in buffer.AsSpan(0, count))
                counts[signal]++;
            total += count;
        }
        Volatile.Write(ref stop, true);
        collector.Join();
        Assert.Equal((667, 667, 666), (counts[35], counts[36], counts[37]));
    }

    [Fact]
    public void Afterwards_signals_act_as_before()
    {
        string before = Caught();
        using (SignalForwarder.Start())
            Assert.NotEqual(before, Caught());
        Assert.Equal(before, Caught());
    }

    private static string Caught()
    {
        foreach (string line in System.IO.File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith("SigCgt:", StringComparison.Ordinal))
                return line;
        }
        return "";
    }
}
