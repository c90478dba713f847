using System.Collections.Generic;
using System.IO;
using System.Text.Json.Nodes;

namespace Bulkhead.Chaos.Places;

/// <summary>Descriptors of the runtime never become the container's: not where 0, 1 or 2 are free, and not in a range to preserve.</summary>
public sealed class StreamTests : IClassFixture<Trial>
{
    /// <summary>By a child: the shell's own descriptors are what it was given.</summary>
    private const string List = "sh -c \"ls -l /proc/$$/fd >/out/seen\"; true";

    private readonly Trial trial;

    public StreamTests(Trial trial)
    {
        this.trial = trial;
        Use("/bin/sh", "-c", List);
    }

    /// <param name="closed">Before the runtime starts.</param>
    /// <param name="empty">Which of 0, 1, 2 are /dev/null then. 0 is, in all tests.</param>
    [Theory]
    [InlineData("0<&-", "0")]
    [InlineData("1>&-", "1")]
    [InlineData("2>&-", "0 2")]
    [InlineData("0<&- 1>&-", "0 1")]
    [InlineData("0<&- 2>&-", "0 2")]
    [InlineData("1>&- 2>&-", "0 1 2")]
    [InlineData("0<&- 1>&- 2>&-", "0 1 2")]
    public void Closed(string closed, string empty)
    {
        Ran ran = trial.Shell($"exec $oci run --bundle $b row {closed}");
        Trial.Says(ran, 0, "");
        SawNull(empty);
        trial.LeftNothing();
    }

    /// <summary>Where /dev/null is missing too, an empty memory file stands in.</summary>
    [Fact]
    public void Closed_without_dev_null()
    {
        Trial.Says(trial.Shell("mount -t tmpfs t /dev; exec $oci run --bundle $b row 0<&- 1>&- 2>&-"), 0, "");
        Assert.Equal(["/memfd:null (deleted)", "/memfd:null (deleted)", "/memfd:null (deleted)"], Seen());
        trial.LeftNothing();
    }

    [Theory]
    [InlineData("1>&-")]
    [InlineData("0<&- 1>&- 2>&-")]
    public void Closed_for_exec(string closed)
    {
        Use("/bin/sleep", "1000");
        trial.Prepare("$oci run --detach --bundle $b row");
        trial.Prepare("$oci exec row /bin/sh -c '" + List + "' " + closed);
        SawNull(closed.StartsWith('0') ? "0 1 2" : "1");
        Assert.Equal(0, trial.Bundle.Oci("delete", "--force", "row").Status);
        trial.LeftNothing();
    }

    /// <summary>20 descriptors to keep, and the caller has fewer: the host's root directory and the cgroups' files were among those that the container got.</summary>
    [Theory]
    [InlineData("", "20", "descriptor 3 shall be passed on")]
    [InlineData("exec 3</dev/null 4</dev/null", "3", "descriptor 5 shall be passed on")]
    [InlineData("exec 3</dev/null", "2147483647", "descriptor 4 shall be passed on")]
    [InlineData("", "-1", "--preserve-fds: -1 is negative")]
    [InlineData("export LISTEN_FDS=3 LISTEN_PID=$$", "0", "descriptor 3 shall be passed on")]
    [InlineData("exec 3</dev/null 4</dev/null", "2", "")]
    public void Preserved(string open, string count, string words)
    {
        Ran ran = trial.Oci(open, "run", "--preserve-fds", count, "--bundle", trial.Bundle.Folder, "row");
        Trial.Says(ran, words.Length == 0 ? 0 : 1, words);
        if (words.Length == 0)
            Assert.Equal(["/dev/null", "/dev/null"], Seen()[3..]);
        trial.LeftNothing();
    }

    /// <summary>A reader that has gone, and a file that takes nothing.</summary>
    [Theory]
    [InlineData("features", ">/dev/full", 1, "write to standard output: no space left on device")]
    [InlineData("list", ">/dev/full", 1, "write to standard output: no space left on device")]
    [InlineData("state none", "2>/dev/full", 1, "")]
    [InlineData("state none", "2>&-", 1, "")]
    public void Output(string verb, string redirection, int status, string words) =>
        Trial.Says(trial.Shell($"$oci {verb} {redirection}"), status, words);

    [Fact]
    public void A_pipe_without_reader()
    {
        Ran ran = trial.Shell("mkfifo $w/p; exec 3<>$w/p 4>$w/p 3>&-; $oci features >&4");
        Trial.Says(ran, 1, "write to standard output: broken pipe");
    }

    /// <summary>What of a terminal nobody takes must not keep the container from its end: its kernel waits until the program of exec is reaped.</summary>
    [Fact]
    public void A_terminal_whose_reader_has_stopped()
    {
        Use("/bin/sleep", "1000");
        const string Script = "mkfifo $w/p; exec 3<>$w/p; $oci run --detach --bundle $b row\n"
            + "$oci exec -t row /bin/sh -c 'head -c 68000 /dev/zero; echo >/out/in' >&3 & p=$!\n"
            + "until [ -e $w/in ]; do sleep 0.01; done; $oci kill row KILL\n"
            + "for i in $(seq 300); do $oci state row | grep -q '\"stopped\"' && break; sleep 0.01; done\n"
            + "$oci state row | grep -c '\"stopped\"'; cat <$w/p >/dev/null & c=$!; wait $p; s=$?; kill $c; $oci delete --force row; exit $s";
        Ran ran = trial.Shell(Script);
        Assert.Equal("1\n", ran.Output);
        trial.LeftNothing();
    }

    private void Use(params string[] command) => trial.Configure(config =>
    {
        config["process"]!["args"] = new JsonArray([.. command]);
        trial.AddOut(config);
    });

    /// <summary>Where the container's descriptors go, by number.</summary>
    private string[] Seen()
    {
        var targets = new List<string>();
        foreach (string line in File.ReadLines(trial.Bundle.Folder + "/row/seen"))
        {
            string[] halves = line.Split(" -> ");
            if (halves.Length == 2)
                targets.Add(halves[1]);
        }
        return targets.ToArray();
    }

    private void SawNull(string numbers)
    {
        string[] seen = Seen();
        Assert.Equal(3, seen.Length);
        foreach (string number in numbers.Split(' '))
            Assert.Equal("/dev/null", seen[Tracer.Number(number)]);
    }
}
