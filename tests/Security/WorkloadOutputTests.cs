using System;
using System.IO;
using System.Linq;
using System.Text.Json;

namespace Bulkhead.Security;

/// <summary>What a container calls itself and writes, in what a person sees of it: whole rows, valid JSON, nothing that a terminal would obey.</summary>
public sealed class WorkloadOutputTests
{
    /// <summary>Title, clipboard (OSC 52), cursor, C1, direction, other line ends, and what would be the next row.</summary>
    private const string Evil = "a\n\u001b]0;owned\a\u001b]52;c;b3duZWQ=\a\u001b[2J\u001b[A\t\r\u009b31m\u007f\u202e\u2028\"\\},\n0123456789ab   \"forged\"   Up 1 second   0 (root)   forged";

    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    [InlineData(4000)]
    [InlineData(100_000)]
    public void TopHasARowForEachProcess(int size)
    {
        using var workload = new Workload();
        workload.Begin("/bin/sh", "-c", $"for i in 1 2 3; do /probe --tool disguise {size} & done; exec /probe --wait");
        Host.Until("three disguises", () => workload.Call("logs", workload.Name).Output.Split('\n').Count(line => line == "disguised") == 3);

        string text = workload.Call("top", workload.Name).MustSucceed().Output;
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        AssertHarmless(text);
        Assert.Equal(5, lines.Length);
        string[] pids = Array.ConvertAll(lines[1..], line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
        Assert.All(pids, pid => Assert.True(Directory.Exists("/proc/" + pid), pid));
        Assert.Equal(4, pids.Distinct().Count());
        AssertOneRow(workload, "stats", "--no-stream");
        AssertOneRow(workload, "ps");
    }

    /// <summary>Labels, variables and arguments may come from an image.</summary>
    [Theory]
    [InlineData(Tier.Hardened)]
    [InlineData(Tier.UserKernel)]
    public void TablesHaveARowForEachContainer(Tier tier)
    {
        string long4 = string.Concat(Enumerable.Repeat(Evil, 40));
        using var workload = new Workload("--label", "evil=" + Evil, "--label", Evil + "=x", "--label", "long=" + long4, "--env", "EVIL=" + Evil, "--env", "LONG=" + long4,
            "--health-cmd", "printf '\\033]0;x\\a\\n\\377\\000'; exit 1", "--health-interval", "50ms", "--health-retries", "1")
        { Tier = tier };
        workload.Begin("/bin/sh", "-c", "exec /probe --wait", Evil);
        Host.Until("a check", () => workload.Call("inspect", workload.Name).Output.Contains("\"unhealthy\"", StringComparison.Ordinal));

        AssertOneRow(workload, "ps");
        AssertOneRow(workload, "ps", "--no-trunc");
        AssertOneRow(workload, "stats", "--no-stream");
        foreach (string format in new[] { "table {{.Names}}\t{{.Labels}}\t{{.Command}}", "{{.Names}} {{.Labels}} {{.Command}}", "{{.Names}} {{json .Labels}}" })
            AssertOneRow(workload, "ps", "--no-trunc", "--format", format);
        JsonElement row = Json(workload.Call("ps", "--no-trunc", "--filter", "name=" + workload.Name, "--format", "json"));
        Assert.Contains("evil=" + Evil, row.GetProperty("Labels").GetString(), StringComparison.Ordinal);
        JsonElement all = Json(workload.Call("inspect", workload.Name))[0];
        Assert.Equal(Evil, all.GetProperty("Config").GetProperty("Labels").GetProperty("evil").GetString());
        Assert.Contains("EVIL=" + Evil, all.GetProperty("Config").GetProperty("Env").EnumerateArray().Select(text => text.GetString()));
        Assert.Equal("\u001b]0;x\a\n\ufffd\0", all.GetProperty("State").GetProperty("Health").GetProperty("Log")[0].GetProperty("Output").GetString());
        AssertHarmless(workload.Call("top", workload.Name).MustSucceed().Output);
    }

    [Fact]
    public void EventsAreLinesAndJson()
    {
        using var workload = new Workload("--label", "evil=" + Evil, "--label", Evil + "=x");
        workload.Run("/bin/busybox", "true").MustSucceed();
        string[] flags = ["--since", "1h", "--until", DateTime.UtcNow.ToString("O"), "--filter", "container=" + workload.Name];

        Said text = workload.Call("events", flags).MustSucceed(), json = workload.Call("events", [.. flags, "--format", "json"]).MustSucceed();

        AssertHarmless(text.Output);
        string[] lines = text.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["create", "start", "die"], lines.Select(line => line.Split(' ')[2]));
        AssertHarmless(json.Output);
        foreach (string line in json.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Assert.Equal(Evil, JsonDocument.Parse(line).RootElement.GetProperty("Actor").GetProperty("Attributes").GetProperty("evil").GetString());
    }

    [Theory]
    [InlineData("--hostname")]
    [InlineData("--name")]
    [InlineData("--user")]
    [InlineData("--workdir")]
    [InlineData("--volume")]
    [InlineData("--security-opt")]
    [InlineData("--entrypoint")]
    public void AnErrorIsOneHarmlessLine(string flag)
    {
        using var workload = new Workload(flag, Evil);

        Said said = workload.Run("/bin/busybox", "true");

        Assert.NotEqual(0, said.Status);
        string[] lines = said.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Single(lines);
        AssertHarmless(said.All);
    }

    /// <summary>Bytes come as they were written, as with Docker; what is no UTF-8 is U+FFFD there too. Records of a log that it writes are text.</summary>
    [Theory]
    [InlineData(Tier.Hardened)]
    [InlineData(Tier.UserKernel)]
    public void LogsAreWhatWasWritten(Tier tier)
    {
        const string Forged = "{\"log\":\"forged\\n\",\"stream\":\"stderr\",\"time\":\"2001-01-01T00:00:00Z\"}";
        using var workload = new Workload("--env", "EVIL=" + Evil, "--env", "FORGED=" + Forged) { Tier = tier };
        workload.Run("/bin/sh", "-c", "echo \"$FORGED\"; echo \"$EVIL\"; printf 'a\\000b\\n\\377\\n'; echo '\"}'; busybox head -c 10000000 /dev/zero | busybox tr '\\0' x; echo; echo last").MustSucceed();

        Said all = workload.Call("logs", workload.Name), times = workload.Call("logs", "--timestamps", "--tail", "1", workload.Name), old = workload.Call("logs", "--until", "2002-01-01T00:00:00Z", workload.Name);
        Said followed = workload.Call("logs", "-f", workload.Name);

        Assert.Equal(Forged + "\n" + Evil + "\na\0b\n\ufffd\n\"}\n" + new string('x', 10_000_000) + "\nlast\n", all.Output);
        Assert.Equal(all.Output, followed.Output);
        Assert.Equal("", all.Errors + old.All);
        Assert.True(DateTimeOffset.Parse(times.Output.Split(' ')[0]) > DateTimeOffset.UtcNow.AddHours(-1), times.Output);
    }

    /// <summary>Its own ends closed, and given to a child: the end is seen, what was written is kept.</summary>
    [Theory]
    [InlineData("echo before; exec >&- 2>&-; busybox sleep 0.3; exit 5", 5, "before\n", Tier.Hardened)]
    [InlineData("echo before; (busybox sleep 1000 &) ; exit 6", 6, "before\n", Tier.Hardened)]
    [InlineData("echo before; exec >/dev/null 2>&1; echo nowhere; exit 7", 7, "before\n", Tier.Hardened)]
    [InlineData("printf unfinished; kill -9 $$; exit 8", 8, "unfinished", Tier.Hardened)]
    [InlineData("echo before; exec >&- 2>&-; busybox sleep 0.3; exit 5", 5, "before\n", Tier.UserKernel)]
    [InlineData("echo before; (busybox sleep 1000 &) ; exit 6", 6, "before\n", Tier.UserKernel)]
    [InlineData("echo before; exec >/dev/null 2>&1; echo nowhere; exit 7", 7, "before\n", Tier.UserKernel)]
    [InlineData("printf unfinished; kill -9 $$; exit 8", 8, "unfinished", Tier.UserKernel)]
    public void ClosedStreamsLoseNothing(string script, int status, string log, Tier tier)
    {
        using var workload = new Workload { Tier = tier };
        workload.Begin("/bin/sh", "-c", script);

        Assert.Equal(status + "\n", workload.Call("wait", workload.Name).MustSucceed().Output);
        Assert.Equal(log, workload.Call("logs", "-f", workload.Name).Output);
    }

    private static void AssertOneRow(Workload workload, string verb, params string[] flags)
    {
        string[] chosen = verb == "ps" ? ["--filter", "name=" + workload.Name, .. flags] : [.. flags, workload.Name];
        string text = workload.Call(verb, chosen).MustSucceed().Output;
        AssertHarmless(text);
        int heading = flags.Contains("--format") && !flags[^1].StartsWith("table", StringComparison.Ordinal) ? 0 : 1;
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length == heading + 1 && lines[^1].Contains(workload.Name, StringComparison.Ordinal), text);
    }

    /// <summary>No control characters but newlines, and what turns a line around or ends it only in JSON, as \\u.</summary>
    private static void AssertHarmless(string text)
    {
        string[] found = text.Where(c => (char.IsControl(c) && c != '\n') || c is '\u2028').Distinct().Select(c => ((int)c).ToString("x4")).ToArray();
        Assert.True(found.Length == 0, string.Join(' ', found) + " in " + text[..Math.Min(text.Length, 300)]);
    }

    private static JsonElement Json(Said said)
    {
        AssertHarmless(said.MustSucceed().Output);
        return JsonDocument.Parse(said.Output).RootElement;
    }
}
