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
    public void BothFlagsAreRefused()
    {
        using var person = new Person();
        Assert.Contains("exclude each other", person.Do("run", "--rm", "--restart", "always", "--rootfs", person.Root, "/bin/true").Exits(125), StringComparison.Ordinal);
        Assert.Contains("on-failure[:N]", person.Do("run", "--restart", "sometimes", "--rootfs", person.Root, "/bin/true").Exits(125), StringComparison.Ordinal);
    }
}
