using System;
using System.Globalization;
using System.IO;
using System.Text.Json;
using System.Threading.Tasks;
using Bulkhead.TestSupport;

namespace Bulkhead.People;

/// <summary>Flags of run that reach outside the container, or need a second one.</summary>
public sealed class RunFlagTests
{
    [Fact]
    public void EntrypointTakesTheWordsAsArguments()
    {
        using var person = new Person();
        Assert.Equal("a b", person.Type("run", "--name", "c1", "--entrypoint", "/bin/echo", "--rootfs", SharedRoot.Path, "a", "b").Ok());
        JsonElement document = person.Inspect("c1");
        Assert.Equal("/bin/echo", document.GetProperty("Path").GetString());
        Assert.Equal("/bin/echo", document.GetProperty("Config").GetProperty("Entrypoint")[0].GetString());
        person.Type("run", "--rm", "--entrypoint", "/bin/true", "--rootfs", SharedRoot.Path).Ok();
    }

    [Theory]
    [InlineData("run -d")]
    [InlineData("create")]
    public void CidFileIsNewAndPidFileIsTheProcess(string verb)
    {
        using var person = new Person();
        string cid = person.Data + "/cid", pid = person.Data + "/pid";
        string[] pidFlag = verb == "create" ? [] : ["--pidfile", pid];
        string[] words = [.. verb.Split(' '), "--cidfile", cid, .. pidFlag, "--rootfs", SharedRoot.Path, "/bin/sleep", "1000"];
        string id = person.Type(words).Ok();
        Assert.Equal(id, File.ReadAllText(cid));
        if (verb != "create")
            Assert.Equal(person.Inspect(id).GetProperty("State").GetProperty("Pid").GetInt32().ToString(CultureInfo.InvariantCulture), File.ReadAllText(pid));
        Assert.Contains("--cidfile", person.Type(words).Fails(), StringComparison.Ordinal);
        Assert.Equal(id, person.Type("ps", "-aq", "--no-trunc").Ok());
    }

    [Fact]
    public void NothingRunsWhosePidFileCannotBeMade()
    {
        using var person = new Person();
        Assert.Contains("--pidfile: make", person.Type("run", "-d", "--pidfile", person.Data + "/none/pid", "--rootfs", SharedRoot.Path, "/bin/sleep", "1000").Exits(125), StringComparison.Ordinal);
        Assert.Equal("", person.Type("ps", "-aq").Ok());
    }

    [Fact]
    public void LabelFile()
    {
        using var person = new Person();
        File.WriteAllText(person.Data + "/labels", "# none\nteam=web\nalone\n");
        person.Ended("c1", "true", "--label-file", person.Data + "/labels", "--label", "team=db");
        JsonElement labels = person.Inspect("c1").GetProperty("Config").GetProperty("Labels");
        Assert.Equal("", labels.GetProperty("alone").GetString());
        Assert.Equal("db", labels.GetProperty("team").GetString());
        Assert.Equal(2, labels.GetPropertyCount());
    }

    [Theory]
    [InlineData("", "x y")]
    [InlineData(":ro", "x no")]
    public void VolumesFrom(string suffix, string wanted)
    {
        using var person = new Person();
        person.Ended("c1", "echo x >/data/file", "-v", "vol:/data", "-v", "/own");
        Assert.Equal(wanted, person.Type("run", "--rm", "--volumes-from", "c1" + suffix, "--rootfs", SharedRoot.Path, "/bin/sh", "-c",
            "echo $(cat /data/file) $( (echo y >/data/other) 2>/dev/null && cat /data/other || echo no); ls -d /own >/dev/null").Ok());
        // It was run with --rm; the volume is the other's.
        Assert.Equal(2, person.Type("volume", "ls", "-q").Ok().Split('\n').Length);
    }

    [Fact]
    public void NoHostsLeavesTheFile()
    {
        using var person = new Person();
        Assert.Equal("0", person.Type("run", "--rm", "--no-hosts", "--rootfs", SharedRoot.Path, "/bin/sh", "-c", "grep -c /etc/hosts /proc/self/mountinfo; true").Ok());
        Assert.Equal("1", person.Type("run", "--rm", "--rootfs", SharedRoot.Path, "/bin/sh", "-c", "grep -c /etc/hosts /proc/self/mountinfo; true").Ok());
    }

    [Fact]
    public void HostNamesAndCgroupParent()
    {
        using var person = new Person();
        string parent = "bh-parent" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        try
        {
            string id = person.Sleep("c1", "--uts", "host", "--cgroup-parent", "/" + parent);
            Assert.Equal(Command.Run("readlink", "/proc/self/ns/uts").Ok(), person.Type("exec", "c1", "/bin/readlink", "/proc/self/ns/uts").Ok());
            Assert.NotEmpty(Array.FindAll(Leftovers.CgroupsUnder(parent), path => path.EndsWith(id, StringComparison.Ordinal)));
            JsonElement document = person.Inspect("c1");
            Assert.Equal("host", document.GetProperty("HostConfig").GetProperty("UTSMode").GetString());
            Assert.Equal(2, document.GetProperty("loosenings").GetArrayLength());
            person.Type("rm", "-f", "c1").Ok();
            Assert.Empty(Leftovers.CgroupsUnder(parent));
        }
        finally
        {
            person.Type("rm", "-f", "c1");
            Leftovers.Remove(parent);
        }
    }

    [Fact]
    public async Task SignalsStayHereWithoutProxy()
    {
        using var person = new Person();
        Task<Outcome> client = Task.Run(() => Command.Run("sh", "-c",
            $"BULKHEAD_DATA={person.Data} {Person.Program} run --name c1 --sig-proxy=false --rootfs {SharedRoot.Path} /bin/sleep 1000 & echo $! >{person.Data}/client; wait $!"), TestContext.Current.CancellationToken);
        Poll.Until("the container to run", () => person.Type("inspect", "c1").ExitCode == 0 && person.Status("c1") == "running");
        Linux.Kill(int.Parse(File.ReadAllText(person.Data + "/client"), CultureInfo.InvariantCulture), 15);
        await client;
        Assert.Equal("running", person.Status("c1"));
    }
}
