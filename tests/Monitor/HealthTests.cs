using System;
using System.Linq;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.Monitors;

/// <summary>--health-cmd and its like.</summary>
public sealed class HealthTests
{
    [Fact]
    public void HealthyUnhealthyAndHealthyAgain()
    {
        using var person = new Person();
        string id = person.Start("sleep 1000", "--health-cmd", "echo asked; id -u >&2; [ ! -e /tmp/ill ]", "--health-interval", "50ms", "--health-retries", "2");
        Until(person, id, "healthy");
        JsonElement probe = Health(person, id).GetProperty("Log")[0];
        // As the container's own user, so with its confinement.
        Assert.Equal(("asked\n65532\n", 0), (probe.GetProperty("Output").GetString(), probe.GetProperty("ExitCode").GetInt32()));
        Assert.Contains(" (healthy)", person.Do("ps").Ok(), StringComparison.Ordinal);
        person.Do("exec", id, "/bin/touch", "/tmp/ill").Ok();
        Until(person, id, "unhealthy");
        Assert.InRange(Health(person, id).GetProperty("FailingStreak").GetInt32(), 2, int.MaxValue);
        Assert.Equal(id[..12], person.Do("ps", "-q", "--filter", "health=unhealthy").Ok());
        Poll.Until("five checks", () => Health(person, id).GetProperty("Log").EnumerateArray().Count(entry => entry.GetProperty("ExitCode").GetInt32() == 1) == 5);
        person.Do("exec", id, "/bin/rm", "/tmp/ill").Ok();
        Until(person, id, "healthy");
        Assert.Equal(0, Health(person, id).GetProperty("FailingStreak").GetInt32());
        Assert.Equal(5, Health(person, id).GetProperty("Log").GetArrayLength());
        Assert.Equal(50_000_000, person.Inspect(id).GetProperty("Config").GetProperty("Healthcheck").GetProperty("Interval").GetInt64());
    }

    /// <param name="check">A check that fails.</param>
    /// <param name="code">What the log has as its exit status.</param>
    /// <param name="output">What the log has as its beginning.</param>
    [Theory]
    [InlineData("sleep 1000", -1, "Health check exceeded timeout (100 ms)")]
    [InlineData("exit 9", 9, "")]
    [InlineData("echo y; echo y; yes & exit 9", 9, "y\ny\n")]
    [InlineData("kill -9 $$", 137, "")]
    public void AFailureIsLogged(string check, int code, string output)
    {
        using var person = new Person();
        string id = person.Start("sleep 1000", "--health-cmd", check, "--health-interval", "50ms", "--health-timeout", "100ms", "--health-retries", "1");
        Until(person, id, "unhealthy");
        JsonElement probe = Health(person, id).GetProperty("Log")[0];
        Assert.Equal(code, probe.GetProperty("ExitCode").GetInt32());
        Assert.StartsWith(output, probe.GetProperty("Output").GetString(), StringComparison.Ordinal);
        Assert.InRange(probe.GetProperty("Output").GetString()!.Length, output.Length, 4096);
    }

    [Fact]
    public void TheStartPeriodForgives()
    {
        using var person = new Person();
        string id = person.Start("sleep 1000", "--health-cmd", "exit 1", "--health-interval", "1h", "--health-start-period", "1h", "--health-start-interval", "50ms", "--health-retries", "1");
        Poll.Until("five checks", () => Health(person, id).GetProperty("Log").GetArrayLength() == 5);
        Assert.Equal(("starting", 0), (Health(person, id).GetProperty("Status").GetString(), Health(person, id).GetProperty("FailingStreak").GetInt32()));
        Assert.Contains(" (health: starting)", person.Do("ps").Ok(), StringComparison.Ordinal);
    }

    /// <summary>A check that runs when the container ends ends with it, and one that is paused is not asked.</summary>
    [Fact]
    public void TheEndAndThePause()
    {
        using var person = new Person();
        string id = person.Start("sleep 1000", "--health-cmd", "touch /tmp/asked; sleep 1000", "--health-interval", "50ms");
        Poll.Until("a check to run", () => person.Do("exec", id, "/bin/ls", "/tmp/asked").ExitCode == 0);
        person.Do("stop", "-t", "0", id).Ok();
        Assert.Equal("exited", person.Status(id));
        string paused = person.Start("sleep 1000", "--health-cmd", "true", "--health-interval", "50ms");
        Until(person, paused, "healthy");
        person.Do("pause", paused).Ok();
        Poll.Until("the last check to end", () => !Moves(person, paused));
        Assert.Equal("healthy", Health(person, paused).GetProperty("Status").GetString());
        person.Do("unpause", paused).Ok();
        Poll.Until("checks to go on", () => Moves(person, paused));
        Assert.Equal("healthy", Health(person, paused).GetProperty("Status").GetString());
    }

    [Theory]
    [InlineData("--health-interval 5s", "add --health-cmd")]
    [InlineData("--no-healthcheck --health-cmd true", "exclude each other")]
    [InlineData("--health-cmd true --health-timeout soon", "'soon' is not a time")]
    [InlineData("--health-cmd true --health-retries 0", "less than 1")]
    public void BadFlags(string flags, string said)
    {
        using var person = new Person();
        Assert.Contains(said, person.Do(["run", "--rootfs", person.Root, .. flags.Split(' '), "/bin/true"]).Exits(125), StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutChecksThereIsNoHealth()
    {
        using var person = new Person();
        string id = person.Start("sleep 1000", "--no-healthcheck");
        Assert.False(person.Inspect(id).GetProperty("State").TryGetProperty("Health", out _));
        Assert.DoesNotContain("health", person.Do("ps").Ok(), StringComparison.Ordinal);
    }

    private static bool Moves(Person person, string id)
    {
        string before = Health(person, id).GetRawText();
        System.Threading.Thread.Sleep(500);
        return before != Health(person, id).GetRawText();
    }

    private static JsonElement Health(Person person, string id) => person.Inspect(id).GetProperty("State").GetProperty("Health");

    private static void Until(Person person, string id, string status) =>
        Poll.Until("it to be " + status, () => Health(person, id).GetProperty("Status").GetString() == status);
}
