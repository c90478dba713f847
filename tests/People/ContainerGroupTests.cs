using System;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.People;

/// <summary>container VERB is VERB: the same words, the same exit statuses.</summary>
public sealed class ContainerGroupTests
{
    [Fact]
    public void ALifeByTheLongNames()
    {
        using var person = new Person();
        string id = person.Type("container", "create", "--name", "c1", "--rootfs", SharedRoot.Path, "/bin/sh", "-c", "echo --name; exec sleep 1000").Ok();
        Assert.Equal("c1", person.Type("container", "start", "c1").Ok());
        Assert.Equal("uid=65532(nonroot) gid=65532(nonroot)", person.Type("container", "exec", "c1", "id").Ok());
        Poll.Until("its line", () => person.Type("container", "logs", "c1").Ok() == "--name");
        Assert.Equal(id[..12], person.Type("container", "ls", "-q").Ok());
        Assert.Equal(id[..12], person.Type("container", "list", "-q").Ok());
        Assert.Equal(id, JsonDocument.Parse(person.Type("container", "inspect", "c1").Ok()).RootElement[0].GetProperty("Id").GetString());
        person.Type("container", "rename", "c1", "c2").Ok();
        person.Type("container", "stop", "-t", "0", "c2").Ok();
        Assert.Equal("137", person.Type("container", "wait", "c2").Ok());
        person.Type("container", "rm", "c2").Ok();
    }

    [Theory]
    [InlineData("container run --rm --rootfs ROOT /bin/sh -c exit|3", 3, "")]
    [InlineData("container run --rm --rootfs ROOT /no/such", 127, "/no/such")]
    [InlineData("container run --nonsense true", 125, "run: there is no option --nonsense")]
    [InlineData("container run --memory", 125, "run: --memory needs a value")]
    [InlineData("container exec nobody true", 125, "no such container: nobody")]
    [InlineData("container start nobody", 1, "no such container: nobody")]
    public void ExitStatusesAreTheSame(string words, int status, string said)
    {
        using var person = new Person();
        Outcome outcome = person.Type(Array.ConvertAll(words.Split(' '), word => word == "ROOT" ? SharedRoot.Path : word.Replace('|', ' ')));
        Assert.Contains(said, outcome.Exits(status), StringComparison.Ordinal);
    }

    [Fact]
    public void ItsHelpSaysSo()
    {
        string help = Command.Run(Person.Program, "container", "--help").Ok();
        Assert.Contains("container run is run, container ls is ps", help, StringComparison.Ordinal);
        Assert.Contains("bulkhead run [", Command.Run(Person.Program, "container", "run", "--help").Ok(), StringComparison.Ordinal);
    }
}
