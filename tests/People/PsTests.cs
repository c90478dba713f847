using System;
using System.Text.Json;

namespace Bulkhead.People;

/// <summary>Three containers: alpha runs, beta has ended with status 3, gamma was only made.</summary>
public sealed class PsTests : IDisposable
{
    private readonly Person _person = new();

    public PsTests()
    {
        _person.Sleep("alpha", "--label", "team=web", "--label", "x");
        _person.Ended("beta", "exit 3", "--label", "team=db");
        _person.Type("create", "--name", "gamma", "--rootfs", SharedRoot.Path, "/bin/true").Ok();
    }

    public void Dispose() => _person.Dispose();

    [Theory]
    [InlineData("", "alpha")]
    [InlineData("--all", "gamma beta alpha")]
    [InlineData("--latest", "gamma")]
    [InlineData("--last 2", "gamma beta")]
    [InlineData("-a --filter name=a --filter status=created --filter status=exited", "gamma beta")]
    [InlineData("--filter status=exited", "beta")]
    [InlineData("-a --filter label=team", "beta alpha")]
    [InlineData("-a --filter label=team=web --filter label=x", "alpha")]
    [InlineData("-a --filter label=team=web --filter label=y", "")]
    public void Chooses(string flags, string names)
    {
        string[] rows = _person.Type(["ps", "--format", "json", .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries)]).Ok().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(names, string.Join(' ', Array.ConvertAll(rows, row => JsonDocument.Parse(row).RootElement.GetProperty("Names").GetString())));
    }

    [Theory]
    [InlineData("--filter colour=red", "colour=red")]
    [InlineData("--filter status=happy", "happy")]
    [InlineData("--format {{.Colour}}", "Colour")]
    public void RefusesWhatItDoesNotKnow(string flags, string named) =>
        Assert.Contains(named, _person.Type(["ps", .. flags.Split(' ')]).Exits(1), StringComparison.Ordinal);

    [Fact]
    public void TheTableHasBothUsersAndTheStatus()
    {
        string[] lines = _person.Type("ps", "-a").Ok().Split('\n');
        string alpha = Array.Find(lines, line => line.EndsWith("alpha", StringComparison.Ordinal))!, beta = Array.Find(lines, line => line.EndsWith("beta", StringComparison.Ordinal))!;
        Assert.Matches("Up .* 65532:65532 +[0-9]{9,10}:[0-9]{9,10} +0 ", alpha);
        Assert.Contains("Exited (3)", beta, StringComparison.Ordinal);
    }

    [Fact]
    public void QuietGivesIds()
    {
        Assert.Matches("^[0-9a-f]{12}$", _person.Type("ps", "-q").Ok());
        Assert.Matches("^[0-9a-f]{64}$", _person.Type("ps", "-q", "--no-trunc").Ok());
    }
}
