using System;
using System.Globalization;
using System.Threading.Tasks;
using Bulkhead.TestSupport;

namespace Bulkhead.People;

public sealed class LogsTests
{
    private const string FiveLines = "for i in 1 2 3 4 5; do echo line $i; done";

    [Theory]
    [InlineData("", "line 1\nline 2\nline 3\nline 4\nline 5")]
    [InlineData("--tail 2", "line 4\nline 5")]
    [InlineData("-n 0", "")]
    [InlineData("-n all", "line 1\nline 2\nline 3\nline 4\nline 5")]
    [InlineData("--since 1h -n 1", "line 5")]
    [InlineData("--since 2999-01-01T00:00:00Z", "")]
    [InlineData("--until 1", "")]
    [InlineData("--follow --tail 1", "line 5")]
    public void Lines(string flags, string expected)
    {
        using var person = new Person();
        person.Ended("c1", FiveLines);
        Assert.Equal(expected, person.Type(["logs", .. Words(flags), "c1"]).Ok());
    }

    [Theory]
    [InlineData("--tail many")]
    [InlineData("--since yesterday-ish")]
    public void AWordThatIsNoNumberOrTimeIsNamed(string flags)
    {
        using var person = new Person();
        person.Ended("c1", FiveLines);
        Assert.Contains(Words(flags)[0], person.Type(["logs", .. Words(flags), "c1"]).Exits(1), StringComparison.Ordinal);
    }

    [Fact]
    public void EachStreamComesOnItsOwn()
    {
        using var person = new Person();
        person.Ended("c1", "echo out; echo error >&2");
        Outcome outcome = person.Type("logs", "c1");
        Assert.Equal(("out\n", "error\n"), (outcome.Out, outcome.Err));
    }

    [Fact]
    public void TimestampsAreTimes()
    {
        using var person = new Person();
        person.Ended("c1", "echo one");
        string[] parts = person.Type("logs", "-t", "c1").Ok().Split(' ');
        Assert.True(DateTimeOffset.TryParse(parts[0], CultureInfo.InvariantCulture, out _), parts[0]);
        Assert.Equal("one", parts[1]);
    }

    /// <summary>What is written after the command has begun, up to the end, which ends the command too.</summary>
    [Fact]
    public async Task FollowGoesOnToTheEnd()
    {
        using var person = new Person();
        person.Run("c1", "echo first; while [ ! -e /tmp/go ]; do sleep 0.1; done; echo second; printf third");
        Task<Outcome> follow = Task.Run(() => person.Type("logs", "-f", "c1"), TestContext.Current.CancellationToken);
        person.Type("exec", "c1", "/bin/touch", "/tmp/go").Ok();
        Assert.Equal("first\nsecond\nthird", (await follow).Ok());
    }

    private static string[] Words(string flags) => flags.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
