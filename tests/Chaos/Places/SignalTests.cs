using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text.Json.Nodes;
using System.Threading;

namespace Bulkhead.Chaos.Places;

/// <summary>Signals to the runtime. SIGKILL at every call is KillTests' affair.</summary>
/// <param name="trial">The place.</param>
public sealed class SignalTests(Trial trial) : IClassFixture<Trial>
{
    private const ulong Term = 1 << 14;
    private const ulong Last = 1ul << 63;

    /// <summary>A verb that only works and does not wait dies of the signal, and the next delete --force clears what it had.</summary>
    [Theory]
    [InlineData("create --bundle $b row", "createRuntime", "", "TERM", 143)]
    [InlineData("create --bundle $b row", "createRuntime", "", "INT", 130)]
    [InlineData("create --bundle $b row", "createRuntime", "", "HUP", 129)]
    [InlineData("create --bundle $b row", "createContainer", "", "TERM", 143)]
    [InlineData("run --detach --bundle $b row", "createRuntime", "", "TERM", 143)]
    [InlineData("run --detach --bundle $b row", "poststart", "", "HUP", 129)]
    [InlineData("start row", "poststart", "$oci create --bundle $b row;", "TERM", 143)]
    [InlineData("start row", "poststart", "$oci create --bundle $b row;", "INT", 130)]
    [InlineData("delete --force row", "poststop", "$oci create --bundle $b row;", "TERM", 143)]
    [InlineData("delete --force row", "poststop", "$oci create --bundle $b row;", "HUP", 129)]
    public void Dies(string verb, string kind, string before, string signal, int status)
    {
        // The hook holds the verb where it is, and says when.
        string folder = trial.Fresh();
        var hook = new JsonObject { ["path"] = "/bin/sh", ["args"] = new JsonArray("sh", "-c", $"/bin/touch {folder}/in; /bin/sleep 0.2") };
        trial.Configure(config =>
        {
            config["process"]!["args"] = new JsonArray("/bin/sleep", "1000");
            config["hooks"] = new JsonObject { [kind] = new JsonArray(hook) };
        });
        string script = before + $"env --default-signal $oci {verb} & p=$!; until [ -e $w/in ]; do sleep 0.01; done; kill -{signal} $p; {{ wait $p; }} 2>/dev/null; s=$?; $oci delete --force row; exit $s";

        Trial.Says(trial.Shell(script), status, "");
        trial.LeftNothing();
    }

    /// <summary>Status 7 is the program's own: a runtime that died of the signal would give another.</summary>
    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("HUP")]
    [InlineData("QUIT")]
    [InlineData("USR1")]
    [InlineData("USR2")]
    [InlineData("CONT")]
    public void Exec_passes_it_on(string signal)
    {
        trial.Configure(config =>
        {
            config["process"]!["args"] = new JsonArray("/bin/sleep", "1000");
            trial.AddOut(config);
        });
        const string Start = "$oci run --detach --bundle $b row; env --default-signal $oci exec row /bin/sh -c \"trap 'exit 7' $1; echo >/out/in; while :; do sleep 0.02; done\" & p=$!; ";

        Ran ran = trial.Shell(Start + "until [ -e $w/in ]; do sleep 0.01; done; kill -$1 $p; wait $p; s=$?; $oci delete --force row; exit $s", signal);

        Trial.Says(ran, 7, "");
        trial.LeftNothing();
    }

    /// <summary>
    /// The native program, not a build under the JIT. Real-time signals queue: each is seen to arrive and to be passed on, while the heap is
    /// collected (membarrier is how NativeAOT stops its threads) between the first and the last. And what SignalForwarder says of signalfd is so:
    /// a thread beside Main takes the signals too.
    /// </summary>
    [Fact]
    public void None_is_lost_while_garbage_is_collected()
    {
        const int Sent = 1000;
        string folder = trial.Bundle.Folder + "/row", said = folder + "/said";
        PrepareListener();
        using Process strace = Strace(folder + "/trace");
        int runtime = Child(strace);
        // The last of those that are caught: TERM is caught long before, and a real-time signal between the two ends the program.
        Until(strace, () => (Mask($"/proc/{runtime}/status", "SigCgt") & Last) != 0);
        // Not at once: a thread starts with all signals blocked.
        Until(strace, () => TakesSignals(runtime) >= 2);

        _ = Ran.Run("sh", "-c", $"i=0; while [ $i -lt {Sent} ]; do kill -36 {runtime}; i=$((i+1)); done");
        Until(strace, () => File.Exists(said));
        foreach (string signal in (string[])["USR1", "HUP", "INT", "WINCH", "TERM"])
        {
            _ = Ran.Run("kill", "-" + signal, $"{runtime}");
            if (signal != "WINCH")
                Until(strace, () => File.ReadAllText(said).EndsWith(signal + "\n", StringComparison.Ordinal));
        }

        Assert.True(strace.WaitForExit(TimeSpan.FromSeconds(30)));
        Assert.Equal(4, strace.ExitCode);
        Assert.Equal("ready\nUSR1\nHUP\nINT\nTERM\n", File.ReadAllText(said));
        CheckTrace(File.ReadAllLines(folder + "/trace"), Sent);
        trial.LeftNothing();
    }

    private void PrepareListener()
    {
        const string Script = "for s in USR1 HUP INT WINCH; do trap \"echo $s >>/out/said\" $s; done; trap 'echo TERM >>/out/said; exit 4' TERM; echo ready >/out/said; while :; do sleep 0.02; done";
        trial.Configure(config =>
        {
            config["process"]!["args"] = new JsonArray("/bin/sh", "-c", Script);
            trial.AddOut(config);
            // Enough to parse that the heap is collected many times.
            var annotations = new JsonObject();
            for (int i = 0; i < 250_000; i++)
                annotations[$"k{i}"] = "some text that is long enough";
            config["annotations"] = annotations;
        });
    }

    private Process Strace(string trace)
    {
        string[] words = ["-f", "-o", trace, "-e", "trace=membarrier,pidfd_send_signal", Place.Runtime, "--root", trial.Bundle.States, "run", "--bundle", trial.Bundle.Folder, "row"];
        var start = new ProcessStartInfo("strace", words) { RedirectStandardError = true };
        start.Environment["DOTNET_GCgen0size"] = "10000";
        return Process.Start(start)!;
    }

    private static void CheckTrace(string[] lines, int sent)
    {
        int first = Array.FindIndex(lines, line => line.Contains("--- SIGRT_4 ", StringComparison.Ordinal));
        int last = Array.FindLastIndex(lines, line => line.Contains("--- SIGRT_4 ", StringComparison.Ordinal));
        var passed = new List<string>(lines).FindAll(line => line.Contains("pidfd_send_signal(", StringComparison.Ordinal) && line.Contains("SIGRT_4", StringComparison.Ordinal));
        int collected = new List<string>(lines[first..last]).FindAll(line => line.Contains("membarrier(", StringComparison.Ordinal)).Count;
        TestContext.Current.TestOutputHelper!.WriteLine($"{passed.Count} passed on, {collected} membarriers between the first and the last");
        Assert.Equal(sent, passed.Count);
        Assert.True(collected >= 2, $"{collected} membarriers");
    }

    private static int Child(Process strace)
    {
        string file = $"/proc/{strace.Id}/task/{strace.Id}/children";
        // strace has probes of its own before it starts the program.
        int child = 0;
        Until(strace, () => int.TryParse(File.ReadAllText(file).Split(' ')[0], CultureInfo.InvariantCulture, out child) && HostView.Program(child) == Place.Runtime);
        return child;
    }

    /// <summary>How many threads do not block SIGTERM.</summary>
    private static int TakesSignals(int process) =>
        Array.FindAll(Directory.GetDirectories($"/proc/{process}/task"), thread => (Mask(thread + "/status", "SigBlk") & Term) == 0).Length;

    private static ulong Mask(string file, string name)
    {
        foreach (string line in File.ReadAllLines(file))
        {
            if (line.StartsWith(name + ":", StringComparison.Ordinal))
                return ulong.Parse(line.AsSpan(name.Length + 1).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }
        throw new InvalidDataException(file);
    }

    private static void Until(Process process, Func<bool> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.False(process.HasExited, process.HasExited ? process.StandardError.ReadToEnd() : "");
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "waited 30 s");
            Thread.Sleep(1);
        }
    }
}
