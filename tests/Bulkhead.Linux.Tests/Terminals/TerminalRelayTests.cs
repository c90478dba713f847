using System;
using System.Globalization;
using System.Linq;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Terminals;

namespace Bulkhead.Linux.Tests.Terminals;

[Collection(nameof(ProcessSignals))]
public sealed class TerminalRelayTests
{
    [Fact]
    public void All_output_up_to_the_end_arrives()
    {
        using SignalForwarder signals = SignalForwarder.Start();
        using var terminal = new TestTerminal("stty -echo; seq 1 30000; exit 7");
        string[] lines = terminal.Relay(signals).Split("\r\n");
        Assert.Equal(Enumerable.Range(1, 30000).Select(n => n.ToString(CultureInfo.InvariantCulture)), lines[1..^1]);
        Assert.Equal(7, terminal.ExitCode);
    }

    [Fact]
    public void Typed_text_reaches_the_process()
    {
        using SignalForwarder signals = SignalForwarder.Start();
        using var terminal = new TestTerminal("stty -echo; read line; echo \"got $line\"");
        terminal.Type("some words\n");
        Assert.EndsWith("got some words\r\n", terminal.Relay(signals), StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_that_closes_its_terminal_is_waited_for()
    {
        using SignalForwarder signals = SignalForwarder.Start();
        using var terminal = new TestTerminal("echo before; exec 0<&- 1>&- 2>&-; sleep 0.3; exit 5");
        Assert.Contains("before\r\n", terminal.Relay(signals), StringComparison.Ordinal);
        Assert.Equal(5, terminal.ExitCode);
    }

    [Fact]
    public void A_process_left_behind_with_the_terminal_does_not_keep_the_relay()
    {
        using SignalForwarder signals = SignalForwarder.Start();
        using var terminal = new TestTerminal("trap \"\" HUP; sleep 300 & echo \"left $!.\"");
        string output = terminal.Relay(signals);
        int at = output.IndexOf("left ", StringComparison.Ordinal) + 5;
        int pid = int.Parse(output[at..output.IndexOf('.', at)], CultureInfo.InvariantCulture);
        Assert.Equal(Errno.None, Sys.Kill(pid, Signal.SIGKILL));
    }

    [Fact]
    public void The_window_has_the_callers_size_and_follows_it()
    {
        using Fd callerMaster = TestTerminal.OpenMaster();
        using Fd caller = Sys.OpenTerminalPeer(callerMaster).OrThrow("open the other side");
        Sys.SetWindowSize(callerMaster, new winsize { ws_row = 31, ws_col = 97 });
        using SignalForwarder signals = SignalForwarder.Start();
        using var terminal = new TestTerminal("trap \"stty size; exit\" WINCH; stty size; while :; do sleep 0.05; done", caller);
        bool changed = false;
        string output = terminal.Relay(signals, text =>
        {
            if (changed || !text.Contains("31 97\r\n", StringComparison.Ordinal))
                return;
            changed = true;
            Sys.SetWindowSize(callerMaster, new winsize { ws_row = 40, ws_col = 120 });
            Sys.Kill(Environment.ProcessId, Signal.SIGWINCH);
        });
        Assert.EndsWith("31 97\r\n40 120\r\n", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_signal_reaches_the_process()
    {
        using SignalForwarder signals = SignalForwarder.Start();
        using var terminal = new TestTerminal("trap \"echo term; exit 9\" TERM; echo ready; while :; do sleep 0.05; done");
        bool sent = false;
        string output = terminal.Relay(signals, text =>
        {
            if (!sent && text.Contains("ready", StringComparison.Ordinal))
                sent = Sys.Kill(Environment.ProcessId, Signal.SIGTERM) == Errno.None;
        });
        Assert.EndsWith("term\r\n", output, StringComparison.Ordinal);
        Assert.Equal(9, terminal.ExitCode);
    }

    [Fact]
    public void The_callers_terminal_is_raw_meanwhile_and_then_as_before()
    {
        using Fd master = TestTerminal.OpenMaster();
        using Fd tty = Sys.OpenTerminalPeer(master).OrThrow("open the other side");
        string before = Stty(master);
        using (RawTerminal.Enter(tty))
        {
            string raw = Stty(master);
            foreach (string setting in new[] { "-icanon", "-isig", "-iexten", "-echo", "-ixon", "-icrnl", "opost", "cs8", "min = 1", "time = 0" })
                Assert.Contains(setting, raw, StringComparison.Ordinal);
        }
        Assert.Equal(before, Stty(master));
        Assert.Equal(Errno.None, RawTerminal.ClearCarriageReturns(master));
        Assert.Contains("-onlcr", Stty(master), StringComparison.Ordinal);
    }

    private static string Stty(Fd master)
    {
        string path = "/dev/pts/" + Sys.GetTerminalNumber(master).Value.ToString(CultureInfo.InvariantCulture);
        using var stty = System.Diagnostics.Process.Start(
            new System.Diagnostics.ProcessStartInfo("stty", ["-a", "-F", path]) { RedirectStandardOutput = true })!;
        return stty.StandardOutput.ReadToEnd();
    }
}
