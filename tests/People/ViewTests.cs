using System;
using System.Text.Json;
using System.Text.RegularExpressions;
using Bulkhead.TestSupport;

namespace Bulkhead.People;

/// <summary>What shows something: stats, top, port, info, version, doctor, completion, help.</summary>
public sealed class ViewTests
{
    [Fact]
    public void StatsHasOneRowAContainer()
    {
        using var person = new Person();
        string id = person.Sleep("c1");
        JsonElement row = JsonDocument.Parse(person.Type("stats", "--no-stream", "--format", "json").Ok()).RootElement;
        Assert.Equal((id[..12], "c1", "1"), (row.GetProperty("ID").GetString(), row.GetProperty("Name").GetString(), row.GetProperty("PIDs").GetString()));
        Assert.Matches(@"^[0-9.]+[KM]iB / [0-9.]+[MGT]iB$", row.GetProperty("MemUsage").GetString());
        Assert.Matches(@"^[0-9]+\.[0-9]{2}%$", row.GetProperty("CPUPerc").GetString());
        Assert.Equal(2, person.Type("stats", "--no-stream", "c1").Ok().Split('\n').Length);
        person.Type("stats", "--no-stream", "nobody").Exits(1);
    }

    [Fact]
    public void StatsSeesWork()
    {
        using var person = new Person();
        person.Run("c1", "while :; do :; done");
        string percent = JsonDocument.Parse(person.Type("stats", "--no-stream", "--format", "json", "c1").Ok()).RootElement.GetProperty("CPUPerc").GetString()!;
        Assert.NotEqual("0.00%", percent);
    }

    [Fact]
    public void TopHasIdsOfBothSides()
    {
        using var person = new Person();
        person.Run("c1", "sleep 1000 & wait");
        Poll.Until("both processes", () => person.Type("top", "c1").Ok().Split('\n').Length == 3);
        string[] row = Regex.Split(person.Type("top", "c1").Ok().Split('\n')[1], " {2,}");
        uint outside = person.Inspect("c1").GetProperty("isolation").GetProperty("user").GetProperty("outside").GetProperty("uid").GetUInt32();
        Assert.Equal((outside.ToString(System.Globalization.CultureInfo.InvariantCulture), "1", "/bin/sh -c sleep 1000 & wait"), (row[0], row[3], row[^1]));
        person.Type("stop", "-t", "0", "c1").Ok();
        Assert.Contains("not running", person.Type("top", "c1").Exits(1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{.PIDInside}} {{.State}} {{.Command}}", "^1 [SR] /bin/sleep 1000$")]
    [InlineData("json", "^{\"UID\":\"[0-9]+\",\"PID\":\"[0-9]+\",\"PPID\":\"[0-9]+\",\"PIDInside\":\"1\",\"State\":\"[SR]\",\"Time\":\"00:00:00\",\"Command\":\"/bin/sleep 1000\"}$")]
    [InlineData("table {{.PIDInside}}\\t{{.Command}}", "^PIDINSIDE   COMMAND\n1           /bin/sleep 1000$")]
    [InlineData("table", "^UID +PID +PPID +PID INSIDE +STATE +TIME +CMD\n")]
    public void TopHasFormats(string format, string expected)
    {
        using var person = new Person();
        person.Sleep("c1");
        Assert.Matches(expected, person.Type("top", "--format", format, "c1").Ok());
        Assert.Contains("'X'", person.Type("top", "--format", "{{.X}}", "c1").Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void PortSaysThatNothingIsPublished()
    {
        using var person = new Person();
        person.Sleep("c1");
        Outcome outcome = person.Type("port", "c1");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Out));
        Assert.Contains("publishes nothing", outcome.Err, StringComparison.Ordinal);
        Assert.Contains("80/tcp", person.Type("port", "c1", "80/tcp").Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void InfoCounts()
    {
        using var person = new Person();
        person.Sleep("c1");
        person.Ended("c2", "true");
        JsonElement info = JsonDocument.Parse(person.Type("info", "--format", "json").Ok()).RootElement;
        Assert.Equal((2, 1, 1), (info.GetProperty("Containers").GetInt32(), info.GetProperty("ContainersRunning").GetInt32(), info.GetProperty("ContainersStopped").GetInt32()));
        Assert.Contains("Data: " + person.Data, person.Type("info").Ok(), StringComparison.Ordinal);
    }

    [Fact]
    public void VersionIsThatOfTheBuild()
    {
        using var person = new Person();
        string built = Regex.Match(System.IO.File.ReadAllText(Repository.Root + "/Directory.Build.props"), "<Version>(.*)</Version>").Groups[1].Value;
        Assert.Contains("bulkhead version " + built, person.Type("version").Ok(), StringComparison.Ordinal);
        Assert.Equal(built, JsonDocument.Parse(person.Type("version", "--format", "json").Ok()).RootElement.GetProperty("Client").GetProperty("Version").GetString());
    }

    /// <summary>This machine runs all of the tests above, so that nothing that is needed can be missing.</summary>
    [Fact]
    public void DoctorFindsWhatIsNeeded()
    {
        using var person = new Person();
        JsonElement document = JsonDocument.Parse(person.Type("doctor", "--format", "json").Ok()).RootElement;
        Assert.True(document.GetProperty("ok").GetBoolean());
        foreach (JsonElement check in document.GetProperty("checks").EnumerateArray())
        {
            bool good = check.GetProperty("result").GetString() == "ok";
            Assert.Equal(good, check.GetProperty("mend").GetString() is "");
            Assert.True(good || check.GetProperty("tier").GetString() != "hardened", check.ToString());
        }
    }

    /// <summary>Of the copy of one program that lacks another beside it: a machine without the monitor.</summary>
    [Fact]
    public void DoctorNamesWhatIsMissing()
    {
        string said = Command.Run(SharedRoot.Alone, "doctor").Exits(1);
        Assert.Matches(@"monitor +missing", said);
        Assert.Contains("make install", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "ps --q", "--quiet")]
    [InlineData("bash", "logs c", "c1name")]
    [InlineData("bash", "unp", "unpause")]
    [InlineData("bash", "container unp", "unpause")]
    [InlineData("bash", "container logs c", "c1name")]
    [InlineData("bash", "container ls --q", "--quiet")]
    [InlineData("bash", "top --form", "--format")]
    public void CompletionAsksTheProgram(string shell, string line, string expected)
    {
        using var person = new Person();
        person.Ended("c1name", "true");
        string script = $"""
            export BULKHEAD_DATA={person.Data}; PATH={System.IO.Path.GetDirectoryName(Person.Program)}:$PATH
            eval "$(bulkhead completion bash)"
            COMP_LINE="bulkhead {line}"; COMP_POINT=$(expr length "$COMP_LINE"); COMP_WORDS=($COMP_LINE); COMP_CWORD=$(( $(echo "$COMP_LINE" | wc -w) - 1 ))
            _bulkhead; echo "$COMPREPLY"
            """;
        Assert.Equal(expected, Command.Run(shell, "-c", script).Ok());
    }

    [Theory]
    [InlineData("zsh", "#compdef bulkhead")]
    [InlineData("fish", "complete -c bulkhead")]
    public void CompletionOfOtherShells(string shell, string contains)
    {
        using var person = new Person();
        Assert.Contains(contains, person.Type("completion", shell).Ok(), StringComparison.Ordinal);
        Assert.Contains("csh", person.Type("completion", "csh").Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void EveryCommandHasHelpWithAnExample()
    {
        using var person = new Person();
        string help = person.Type("--help").Ok();
        int count = 0;
        foreach (string line in help[help.IndexOf("Commands:", StringComparison.Ordinal)..].Split('\n')[1..])
        {
            string verb = line.Trim().Split(' ')[0];
            if (verb.Length == 0)
                continue;
            Assert.Contains($"Examples:\n  bulkhead {verb}", person.Type(verb, "--help").Ok(), StringComparison.Ordinal);
            count++;
        }
        Assert.True(count >= 25, help);
    }
}
