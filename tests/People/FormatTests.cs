using System;

namespace Bulkhead.People;

/// <summary>--format with the templates that people use with Docker.</summary>
public sealed class FormatTests : IDisposable
{
    private readonly Person _person = new();

    public FormatTests() => _person.Ended("alpha", "exit 3", "--label", "team.x=web", "-e", "A=1", "-e", "B=2", "-v", "vol:/data");

    public void Dispose() => _person.Dispose();

    [Theory]
    [InlineData("{{.Name}}", "/alpha")]
    [InlineData("{{.State.ExitCode}} {{.State.Running}}", "3 false")]
    [InlineData("{{json .Config.Env}}", "[\"A=1\",\"B=2\"]")]
    [InlineData("{{.Config.Env}} {{.Config.Labels}}", "[A=1 B=2] map[team.x:web]")]
    [InlineData("{{join .Config.Env \"+\"}}", "A=1+B=2")]
    [InlineData("{{index .Config.Labels \"team.x\"}}", "web")]
    [InlineData("{{index .Config.Env 1}}", "B=2")]
    [InlineData("{{ upper .State.Status }}\\t{{len .Mounts}}{{\"{{\"}}", "EXITED\t1{{")]
    [InlineData("{{.HostConfig.PidsLimit}}", "<nil>")]
    [InlineData("plain", "plain")]
    public void Inspect(string format, string expected) => Assert.Equal(expected, _person.Type("inspect", "-f", format, "alpha").Ok());

    [Theory]
    [InlineData("{{range .Mounts}}x{{end}}", "{{range .Mounts}}")]
    [InlineData("{{.Name | upper}}", "{{.Name | upper}}")]
    [InlineData("{{.State.Colour}}", "'Colour'")]
    [InlineData("{{.Name", "no }}")]
    [InlineData("{{}}", "{{}}")]
    [InlineData("{{len .State.Pid}}", "no length")]
    [InlineData("{{index .Config.Env 9}}", "index 9")]
    public void WhatIsNotSupportedIsNamed(string format, string said) =>
        Assert.Contains(said, _person.Type("inspect", "-f", format, "alpha").Exits(1), StringComparison.Ordinal);

    [Theory]
    [InlineData("ps -a --format {{.Names}}:{{.State}}", "alpha:exited")]
    [InlineData("ps -a --format table|{{.Names}}\\t{{.State}}", "NAMES   STATE\nalpha   exited")]
    [InlineData("ps --format table|{{.Names}}", "NAMES")]
    [InlineData("volume ls --format {{.Driver}}/{{.Name}}", "local/vol")]
    [InlineData("volume inspect --format {{.Scope}} vol", "local")]
    [InlineData("version --format {{.Client.Version}}", "0.1.0")]
    [InlineData("info --format {{.Containers}}", "1")]
    public void Lists(string words, string expected) =>
        Assert.Equal(expected, _person.Type(Array.ConvertAll(words.Split(' '), word => word.Replace('|', ' '))).Ok());

    [Fact]
    public void Stats()
    {
        _person.Sleep("beta");
        Assert.Equal("beta", _person.Type("stats", "--no-stream", "--format", "{{.Name}}").Ok());
        Assert.Matches("^NAME +PIDS\nbeta +1$", _person.Type("stats", "--no-stream", "--format", "table {{.Name}}\\t{{.PIDs}}").Ok());
    }
}
