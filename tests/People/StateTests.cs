using System;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.People;

public sealed class StateTests
{
    [Fact]
    public void RenameGivesTheNameAndFreesTheOld()
    {
        using var person = new Person();
        string id = person.Sleep("before");
        person.Type("rename", "before", "after").Ok();
        Assert.Equal(id, person.Inspect("after").GetProperty("Id").GetString());
        person.Type("inspect", "before").Exits(1);
        person.Sleep("before");
        Assert.Contains("in use", person.Type("rename", "before", "after").Exits(1), StringComparison.Ordinal);
        Assert.Contains("not a name", person.Type("rename", "before", "../x").Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void PauseFreezesAndUnpauseThaws()
    {
        using var person = new Person();
        person.Sleep("c1");
        person.Type("pause", "c1").Ok();
        Assert.Equal("paused", person.Status("c1"));
        person.Type("pause", "c1").Exits(1);
        person.Type("unpause", "c1").Ok();
        Assert.Equal("running", person.Status("c1"));
        person.Type("unpause", "c1").Exits(1);
    }

    [Fact]
    public void APausedContainerCanBeStopped()
    {
        using var person = new Person();
        person.Run("c1", "trap 'exit 5' TERM; while :; do sleep 0.1; done");
        person.Type("pause", "c1").Ok();
        person.Type("stop", "c1").Ok();
        Assert.Equal("exited", person.Status("c1"));
        Assert.Equal(5, person.Inspect("c1").GetProperty("State").GetProperty("ExitCode").GetInt32());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void RestartGivesANewProcess(bool running)
    {
        using var person = new Person();
        person.Sleep("c1");
        int Pid() => person.Inspect("c1").GetProperty("State").GetProperty("Pid").GetInt32();
        int before = Pid();
        if (!running)
            person.Type("stop", "-t", "0", "c1").Ok();
        person.Type("restart", "-t", "0", "c1").Ok();
        Assert.Equal("running", person.Status("c1"));
        Assert.NotEqual(before, Pid());
    }

    [Theory]
    [InlineData("--memory", "64m", "memory/{0}/memory.limit_in_bytes", "memory.max", "67108864", "Memory")]
    [InlineData("--pids-limit", "50", "pids/{0}/pids.max", "pids.max", "50", "PidsLimit")]
    [InlineData("--cpus", "0.5", "cpu/{0}/cpu.cfs_quota_us", "cpu.max", "50000", "NanoCpus")]
    public void UpdateReachesTheKernelAndTheRecord(string flag, string value, string v1, string v2, string expected, string key)
    {
        using var person = new Person();
        string id = person.Sleep("c1");
        person.Type("update", flag, value, "c1").Ok();
        string limit = Directory.Exists("/sys/fs/cgroup/pids") ? string.Format(System.Globalization.CultureInfo.InvariantCulture, "/sys/fs/cgroup/" + v1, "bulkhead/" + id) : $"/sys/fs/cgroup/bulkhead/{id}/{v2}";
        Assert.Equal(expected, File.ReadAllText(limit).Split(' ', '\n')[0]);
        Assert.NotEqual(0, person.Inspect("c1").GetProperty("HostConfig").GetProperty(key).GetInt64());
        // A later start has it too.
        person.Type("restart", "-t", "0", "c1").Ok();
        Assert.Equal(expected, File.ReadAllText(limit).Split(' ', '\n')[0]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--memory lots")]
    [InlineData("--pids-limit 0")]
    [InlineData("--cpuset-cpus 99999")]
    public void UpdateRefusesAndKeepsNothing(string flags)
    {
        using var person = new Person();
        person.Sleep("c1");
        string before = person.Inspect("c1").GetProperty("HostConfig").ToString();
        person.Type(["update", .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), "c1"]).Exits(1);
        Assert.Equal(before, person.Inspect("c1").GetProperty("HostConfig").ToString());
    }

    [Theory]
    [InlineData("prune -f", "", true)]
    [InlineData("container prune --force", "", true)]
    [InlineData("prune", "y\n", true)]
    [InlineData("prune", "\n", false)]
    public void PruneRemovesWhatDoesNotRun(string words, string answer, bool removes)
    {
        using var person = new Person();
        person.Sleep("stays");
        string id = person.Ended("goes", "true");
        Outcome outcome = person.Answer(answer, words.Split(' '));
        outcome.Ok();
        Assert.Equal(removes, outcome.Out.Contains(id, StringComparison.Ordinal));
        Assert.Equal(removes ? 1 : 0, person.Type("inspect", "goes").ExitCode);
        Assert.Equal("running", person.Status("stays"));
    }

    /// <summary>The monitor writes down how the container ended while rm removes its folder.</summary>
    [Fact]
    public void RemoveByForceWaitsForTheMonitor()
    {
        using var person = new Person();
        for (int i = 0; i < 10; i++)
        {
            person.Sleep("c1");
            person.Type("rm", "-f", "c1").Ok();
        }
        Assert.Empty(Directory.GetDirectories(person.Data + "/containers"));
    }
}
