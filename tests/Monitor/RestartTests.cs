using System;
using Bulkhead.TestSupport;

namespace Bulkhead.Monitors;

/// <summary>--restart, and what ends it.</summary>
public sealed class RestartTests
{
    [Fact]
    public void OnFailureSoOftenAndNoMore()
    {
        using var person = new Person();
        string id = person.Start("echo run; exit 3", "--restart", "on-failure:2");
        Assert.Equal("3", person.Do("wait", id).Ok().Trim());
        Assert.Equal("run\nrun\nrun\n", person.Log(id));
        Assert.Equal(2, person.Exit(id).GetProperty("restarts").GetInt32());
        Assert.Equal("exited", person.Status(id));
    }

    [Theory]
    [InlineData("on-failure", "run\n")]
    [InlineData("no", "run\n")]
    public void ASuccessIsNoFailure(string policy, string log)
    {
        using var person = new Person();
        string id = person.Start("echo run", "--restart", policy);
        Assert.Equal("0", person.Do("wait", id).Ok().Trim());
        Assert.Equal(log, person.Log(id));
    }

    /// <summary>In the pause too, which is as long as a run here.</summary>
    [Theory]
    [InlineData("always")]
    [InlineData("unless-stopped")]
    public void StopEndsIt(string policy)
    {
        using var person = new Person();
        string id = person.Start("echo run", "--restart", policy);
        Poll.Until("three runs", () => person.Log(id).Length >= "run\n".Length * 3);
        person.Do("stop", "-t", "1", id).Ok();
        Poll.Until("its monitor to end", () => Person.Monitor(id) is null, 5);
        Assert.Equal("exited", person.Status(id));
        // start takes it up again.
        int length = person.Log(id).Length;
        person.Do("start", id).Ok();
        Poll.Until("two runs more", () => person.Log(id).Length >= length + ("run\n".Length * 2));
        person.Do("rm", "-f", id).Ok();
        Assert.Empty(person.Leftover());
    }

    [Fact]
    public void KillOfItsProgramByAPersonEndsIt()
    {
        using var person = new Person();
        string id = person.Start("sleep 1000", "--restart", "always");
        person.Do("kill", id).Ok();
        Assert.Equal("137", person.Do("wait", id).Ok().Trim());
        Assert.Equal(0, person.Exit(id).GetProperty("restarts").GetInt32());
    }

    [Fact]
    public void UpdateChangesThePolicyOfOneThatRuns()
    {
        using var person = new Person();
        string id = person.Start("echo run; while [ ! -e /tmp/end ]; do sleep 0.05; done", "--restart", "always");
        person.Do("update", "--restart", "no", id).Ok();
        Assert.Equal("no", person.Inspect(id).GetProperty("HostConfig").GetProperty("RestartPolicy").GetProperty("Name").GetString());
        person.Do("exec", id, "/bin/touch", "/tmp/end").Ok();
        Assert.Equal("0", person.Do("wait", id).Ok().Trim());
        Assert.Equal("run\n", person.Log(id));
        Assert.Contains("exclude each other", person.Do("update", "--restart", "always", person.Start("sleep 1000", "--rm")).Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void TheCountIsInInspect()
    {
        using var person = new Person();
        string id = person.Start("exit 3", "--restart", "on-failure:3");
        person.Do("wait", id).Ok();
        Assert.Equal(3, person.Inspect(id).GetProperty("RestartCount").GetInt32());
        Assert.Equal(3, person.Inspect(id).GetProperty("HostConfig").GetProperty("RestartPolicy").GetProperty("MaximumRetryCount").GetInt32());
    }

    /// <summary>The unit is valid to systemd, and its commands do what it wants of them.</summary>
    [Fact]
    public void AUnitOfSystemd()
    {
        using var person = new Person();
        string id = person.Start("echo run; trap 'exit 4' TERM; while :; do sleep 0.05; done", "--restart", "always", "--name", "unit");
        Poll.Until("it to run", () => person.Log(id) == "run\n");
        person.Do("stop", id).Ok();
        string unit = person.Do("generate", "systemd", "unit").Ok() + "\n", file = person.Data + "/unit.service";
        System.IO.File.WriteAllText(file, unit);
        Command.Run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", file).Ok();
        Assert.Contains("Restart=on-failure\n", unit, StringComparison.Ordinal);
        Assert.Contains($"Environment=BULKHEAD_DATA={person.Data}\n", unit, StringComparison.Ordinal);
        using System.Diagnostics.Process start = person.Begin(Words(unit, "ExecStart="));
        Poll.Until("the unit to run it", () => person.Status(id) == "running" && person.Log(id) == "run\nrun\n");
        person.Do(Words(unit, "ExecStop=")).Ok();
        Assert.True(start.WaitForExit(Command.Limit));
        Assert.Equal(4, start.ExitCode);
        Assert.Contains("--rm", person.Do("generate", "systemd", person.Start("sleep 1000", "--rm")).Exits(1), StringComparison.Ordinal);
    }

    private static string[] Words(string unit, string key) =>
        Array.Find(unit.Split('\n'), line => line.StartsWith(key, StringComparison.Ordinal))!.Split(' ')[1..];

    [Fact]
    public void BothFlagsAreRefused()
    {
        using var person = new Person();
        Assert.Contains("exclude each other", person.Do("run", "--rm", "--restart", "always", "--rootfs", person.Root, "/bin/true").Exits(125), StringComparison.Ordinal);
        Assert.Contains("on-failure[:N]", person.Do("run", "--restart", "sometimes", "--rootfs", person.Root, "/bin/true").Exits(125), StringComparison.Ordinal);
    }
}
