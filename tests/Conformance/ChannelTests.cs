using System;
using System.Globalization;
using System.IO;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;
using Microsoft.Win32.SafeHandles;

namespace Bulkhead.Conformance;

/// <summary>What passes between a caller and a container: terminals, pidfds, descriptors, signals, exit statuses.</summary>
public class ChannelTests(RootFs root) : IClassFixture<RootFs>
{
    private const string Terminal = """{"process":{"terminal":true,"consoleSize":{"height":33,"width":99}}}""";

    /// <summary>A caller that is a shell script; "$@" is the runtime with its arguments.</summary>
    private static Outcome Caller(Bundle bundle, string script, params string[] args) =>
        Command.Run(["/bin/sh", "-c", script, bundle.Path, .. bundle.CommandLine(args)]);

    [Fact]
    public void AConsoleSocketGetsTheTerminal()
    {
        using var bundle = new Bundle(root, "stty size; sleep 100", Terminal);
        using var listener = new FdListener(bundle["console"]);
        bundle.Create("--console-socket", bundle["console"]).Ok();
        (int descriptor, string _) = listener.Receive();
        using var master = new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.ReadWrite);
        Assert.Equal((33, 99), Linux.Window(descriptor));
        bundle.Start().Ok();
        using var reader = new StreamReader(master);
        Assert.Equal("33 99", reader.ReadLine());
    }

    [Fact]
    public void ExecHasAConsoleSocketToo()
    {
        using var bundle = new Bundle(root, "sleep 100");
        bundle.Detached("run", "-d", "--bundle", bundle.Path, bundle.Id).Ok();
        using var listener = new FdListener(bundle["console"]);
        bundle.Detached("exec", "-d", "-t", "--console-socket", bundle["console"], bundle.Id, "/bin/sh", "-c", "tty; sleep 100").Ok();
        (int descriptor, string _) = listener.Receive();
        using var reader = new StreamReader(new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.ReadWrite));
        Assert.StartsWith("/dev/pts/", reader.ReadLine(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData(Terminal)]
    public void TerminalAndConsoleSocketGoTogether(string patch)
    {
        using var bundle = new Bundle(root, "true", patch);
        using var listener = new FdListener(bundle["console"]);
        string[] options = patch == Terminal ? [] : ["--console-socket", bundle["console"]];
        Assert.Contains("--console-socket", bundle.Create(options).Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void APidfdSocketGetsThePidfd()
    {
        using var bundle = new Bundle(root, "sleep 100");
        using var listener = new FdListener(bundle["pidfd"]);
        bundle.Create("--pidfd-socket", bundle["pidfd"]).Ok();
        (int descriptor, string _) = listener.Receive();
        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        string info = File.ReadAllText("/proc/self/fdinfo/" + descriptor.ToString(CultureInfo.InvariantCulture));
        Assert.Contains($"\nPid:\t{bundle.Pid}\n", info, StringComparison.Ordinal);
    }

    [Fact]
    public void PidFilesHoldTheHostsPids()
    {
        using var bundle = new Bundle(root, "sleep 100");
        bundle.Detached("run", "-d", "--pid-file", bundle["pid"], "--bundle", bundle.Path, bundle.Id).Ok();
        Assert.Equal(bundle.Pid, int.Parse(File.ReadAllText(bundle["pid"]), CultureInfo.InvariantCulture));
        bundle.Detached("exec", "-d", "--pid-file", bundle["pid2"], bundle.Id, "/bin/sleep", "77").Ok();
        Assert.StartsWith(root.Instead("ChannelTests.PidFilesHoldTheHostsPids") ?? "/bin/sleep\077\0", File.ReadAllText($"/proc/{File.ReadAllText(bundle["pid2"])}/cmdline"), System.StringComparison.Ordinal);
    }

    [Fact]
    public void PreservedDescriptorsAndNoOthers()
    {
        using var bundle = new Bundle(root, "cat <&3; cat <&4; [ -e /proc/self/fd/5 ] || echo no more");
        Outcome outcome = Caller(bundle, "echo three >$0/3; echo four >$0/4; exec 3<$0/3 4<$0/4 5<$0/4; exec \"$@\"",
            "run", "--preserve-fds", "2", "--bundle", bundle.Path, bundle.Id);
        Assert.Equal("three\nfour\nno more", outcome.Ok());
    }

    [Fact]
    public void SocketsOfActivationArePassedOn()
    {
        using var bundle = new Bundle(root, "echo $LISTEN_FDS $LISTEN_PID; cat <&3; cat <&4");
        Outcome outcome = Caller(bundle, "echo three >$0/3; echo four >$0/4; exec 3<$0/3 4<$0/4; export LISTEN_FDS=1 LISTEN_PID=$$; exec \"$@\"",
            "run", "--preserve-fds", "1", "--bundle", bundle.Path, bundle.Id);
        Assert.Equal("1 1\nthree\nfour", outcome.Ok());
    }

    [Fact]
    public void SocketsOfAnotherProcessAreNotOurs()
    {
        using var bundle = new Bundle(root, "echo \"<$LISTEN_FDS>\"; [ -e /proc/self/fd/3 ] || echo none");
        Outcome outcome = Caller(bundle, "exec 3</dev/null; export LISTEN_FDS=1 LISTEN_PID=1; exec \"$@\"", "run", "--bundle", bundle.Path, bundle.Id);
        Assert.Equal("<>\nnone", outcome.Ok());
    }

    [Theory]
    [InlineData("TERM", "echo ready; exec sleep 100", 143)]
    [InlineData("HUP", "echo ready; exec sleep 100", 129)]
    [InlineData("USR1", "trap 'exit 9' USR1; echo ready; while :; do sleep 0.1; done", 9)]
    [InlineData("TERM", "trap 'exit 3' TERM; echo ready; while :; do sleep 0.1; done", 3)]
    public void RunForwardsSignals(string signal, string script, int status)
    {
        // Without a pid namespace: as its first process a program is deaf to signals that it does not handle.
        using var bundle = new Bundle(root, script);
        bool handles = script.StartsWith("trap", System.StringComparison.Ordinal);
        if (!root.IsUserKernel || !handles)
            bundle.Config["linux"]!["namespaces"] = JsonNode.Parse("""[{"type":"mount"},{"type":"ipc"},{"type":"uts"},{"type":"network"}]""");
        bundle.Save();
        if (!handles && root.Instead("ChannelTests.RunForwardsSignals") is { } word)
        {
            bundle.IsRefused(word, bundle.RunToEnd());
            return;
        }
        Outcome outcome = Caller(bundle, $"\"$@\" >$0/out & until grep -q ready $0/out; do sleep 0.05; done; kill -{signal} $!; wait $!",
            "run", "--bundle", bundle.Path, bundle.Id);
        outcome.Exits(status);
    }

    [Fact]
    public void AKilledProgramEndsRunWith137()
    {
        using var bundle = new Bundle(root, "echo ready; sleep 100");
        Outcome outcome = Caller(bundle, $"\"$@\" >$0/out & until grep -q ready $0/out; do sleep 0.05; done; {Repository.Runtime} --root $0/state kill {bundle.Id} KILL; wait $!",
            "run", "--bundle", bundle.Path, bundle.Id);
        outcome.Exits(137);
    }
}
