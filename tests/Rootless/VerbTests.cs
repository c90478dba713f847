using System;
using System.IO;
using System.Linq;
using Bulkhead.TestSupport;

namespace Bulkhead.Rootless;

/// <summary>Every verb once as a plain user.</summary>
public sealed class VerbTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ALifeFromCreateToRemove(bool helpers)
    {
        using var person = new Person(helpers);
        string id = person.Type("create", "--name", "box", "--rootfs", PlainUser.Root, "/bin/sh", "-c", "echo started; exec sleep 1000").Ok();
        Assert.Equal("box", person.Type("start", "box").Ok());
        Poll.Until("the first line", () => person.Type("logs", "box").Ok() == "started");
        Assert.Equal("uid=65532(nonroot) gid=65532(nonroot)", person.Type("exec", "box", "id").Ok());
        Assert.Contains("sleep 1000", person.Type("top", "box").Ok(), StringComparison.Ordinal);
        Assert.Equal("running", person.Inspect("box").GetProperty("State").GetProperty("Status").GetString());
        person.Type("rename", "box", "case").Ok();
        Assert.Contains("case", person.Type("ps").Ok(), StringComparison.Ordinal);
        person.Type("restart", "-t", "0", "case").Ok();
        person.Type("stop", "-t", "0", "case").Ok();
        Assert.Equal("137", person.Type("wait", "case").Ok());
        person.Type("start", id[..12]).Ok();
        person.Type("kill", "-s", "USR1", "case").Ok();
        person.Type("kill", "case").Ok();
        person.Type("wait", "case").Ok();
        person.Type("rm", "case").Ok();
        Assert.Equal("", person.Type("ps", "-aq").Ok());
    }

    [Fact]
    public void TheExitStatusAndBothOutputsCome()
    {
        using var person = new Person();
        Outcome outcome = person.Try("echo out; echo err >&2; exit 7");
        Assert.Equal("out\n", outcome.Out);
        Assert.EndsWith("\nerr\n", outcome.Err, StringComparison.Ordinal);
        Assert.Equal(7, outcome.ExitCode);
        person.Sleep("box");
        Assert.Equal(7, person.Type("exec", "box", "/bin/sh", "-c", "exit 7").ExitCode);
        Assert.Equal(127, person.Type("run", "--rm", "--rootfs", PlainUser.Root, "/no/such").ExitCode);
    }

    [Fact]
    public void ExecHasNoOtherIdsThanTheContainer()
    {
        using var person = new Person();
        person.Sleep("one");
        Assert.Contains("cannot exec as user 7: the container's user namespace has no such user id", person.Type("exec", "-u", "7", "one", "id").Fails(), StringComparison.Ordinal);
        person.Sleep("many", "--as-root");
        Assert.Equal("uid=7 gid=7", person.Type("exec", "-u", "7", "many", "id").Ok());
    }

    [Fact]
    public void ANetworkIsShared()
    {
        using var person = new Person();
        person.Sleep("one");
        person.Sleep("two", "--network", "container:one");
        string[] networks = [.. new[] { "one", "two" }.Select(name => person.Type("exec", name, "readlink", "/proc/self/ns/net").Ok())];
        Assert.Equal(networks[0], networks[1]);
        Assert.NotEqual(new FileInfo("/proc/self/ns/net").LinkTarget, networks[0]);
    }

    [Fact]
    public void TheEndOfTheFirstProcessEndsAllThatItLeft()
    {
        using var person = new Person();
        person.Type("run", "-d", "--name", "box", "--rootfs", PlainUser.Root, "/bin/sh", "-c", $"sleep {PlainUser.Uid} & sleep {PlainUser.Uid} & exec sleep {PlainUser.Uid}").Ok();
        Poll.Until("all of them", () => person.Type("top", "box").Ok().Split('\n').Length == 4);
        person.Type("rm", "-f", "box").Ok();
        Assert.Empty(Leftovers.Processes($"sleep {PlainUser.Uid}"));
    }

    [Fact]
    public void PruneInfoVersionAndDoctorAnswer()
    {
        using var person = new Person();
        person.Type("run", "--name", "box", "--rootfs", PlainUser.Root, "/bin/true").Ok();
        Assert.Contains("Deleted Containers", person.Type("prune", "-f").Ok(), StringComparison.Ordinal);
        Assert.Contains("Rootless: yes", person.Type("info").Ok(), StringComparison.Ordinal);
        person.Type("version").Ok();
        Assert.Matches("rootless +own user and group +ok", person.Type("doctor").Ok());
    }

    [Fact]
    public void DoctorTellsWhatIsMissingAndTheMend()
    {
        using var person = new Person(helpers: false);
        string said = person.Type("doctor").Ok();
        Assert.Contains("/usr/bin/newuidmap is not there: install it (Debian: apt-get install uidmap)", said, StringComparison.Ordinal);
    }
}
