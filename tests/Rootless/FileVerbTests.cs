using System;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.Rootless;

/// <summary>Verbs that move files or watch, as a plain user, with newuidmap and without.</summary>
public sealed class FileVerbTests
{
    private static readonly string Own = PlainUser.Uid.ToString(CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void CopyGoesBothWays(bool helpers)
    {
        using var person = new Person(helpers);
        person.Sleep("box", "--writable");
        string folder = person.Folder("data");
        person.Does("sh", "-c", $"mkdir {folder}/in && echo one >{folder}/in/file && ln -s file {folder}/in/link && chmod 640 {folder}/in/file").Ok();
        person.Type("cp", folder + "/in", "box:/tmp").Ok();
        Assert.Equal("one 65532 640 file", person.Type("exec", "box", "/bin/sh", "-c", "echo $(cat /tmp/in/link) $(stat -c %u /tmp/in/file) $(stat -c %a /tmp/in/file) $(readlink /tmp/in/link)").Ok());
        person.Type("exec", "box", "/bin/sh", "-c", "echo two >>/tmp/in/file").Ok();
        person.Type("cp", "box:/tmp/in", folder + "/out").Ok();
        Assert.Equal("one\ntwo", person.Does("cat", folder + "/out/link").Ok());
        Assert.Equal(Own, Command.Run("stat", "-c", "%u", folder + "/out/file").Ok());
        Assert.Equal("two", person.Does("sh", "-c", $"{PlainUser.Programs}/bulkhead cp box:/tmp/in/file - | tar xO | tail -n 1").Ok());
    }

    /// <summary>Before its first run and after its last, also what other ids than the user's wrote, and into its volumes.</summary>
    [Theory]
    [InlineData(true, "--as-root", "7")]
    [InlineData(true, "", "65532")]
    [InlineData(false, "", "65532")]
    public void CopyOfWhatDoesNotRun(bool helpers, string flag, string owner)
    {
        using var person = new Person(helpers);
        string[] flags = flag.Length > 0 ? ["--writable", flag] : ["--writable"];
        string folder = person.Folder("data");
        person.Does("sh", "-c", $"echo given >{folder}/given").Ok();
        person.Type(["create", "--name", "box", "-v", "keep:/data", .. flags, "--rootfs", PlainUser.Root, "/bin/sh", "-c", $"cat /data/given; mkdir -m 700 /shut; cp /given /shut/in; chown -R {owner} /shut; true"]).Ok();
        person.Type("cp", folder + "/given", "box:/given").Ok();
        person.Type("cp", folder + "/given", "box:/data/given").Ok();
        Assert.Equal("given", person.Type("start", "-a", "box").Ok());
        person.Type("cp", "box:/shut", folder + "/back").Ok();
        Assert.Equal("given " + Own, Command.Run("sh", "-c", $"echo $(cat {folder}/back/in) $(stat -c %u {folder}/back/in)").Ok());
        Assert.Equal(owner, person.Does("sh", "-c", $"{PlainUser.Programs}/bulkhead cp -a box:/shut/in - | tar --numeric-owner -tvf - | tr -s ' ' | cut -d ' ' -f 2 | cut -d / -f 1").Ok());
        Assert.Equal("given", person.Script("cat /data/given", "-v", "keep:/data"));
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(true, "--as-root")]
    [InlineData(false, "")]
    public void DiffListsWhatWasChanged(bool helpers, string flag)
    {
        using var person = new Person(helpers);
        string[] flags = flag.Length > 0 ? ["--writable", flag] : ["--writable"];
        person.Type(["run", "--name", "box", .. flags, "--rootfs", PlainUser.Root, "/bin/sh", "-c", "echo x >/made; rm /bin/vi; mkdir -m 700 /closed; touch /closed/in"]).Ok();
        const string Expected = "C /bin\nD /bin/vi\nA /closed\nA /closed/in\nA /made";
        Assert.Equal(Expected, person.Type("diff", "box").Ok());
        person.Sleep("two", flags);
        person.Type("exec", "two", "/bin/sh", "-c", "echo x >/made; rm /bin/vi; mkdir -m 700 /closed; touch /closed/in").Ok();
        Assert.Equal(Expected, person.Type("diff", "two").Ok());
        Assert.Equal("A /made", person.Type("diff", "--format", "{{.Kind}} {{.Path}}", "two").Ok().Split('\n')[^1]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AVolumeOutlivesItsContainers(bool helpers)
    {
        using var person = new Person(helpers);
        Assert.Equal("keep", person.Type("volume", "create", "--label", "a=b", "keep").Ok());
        person.Script("echo x >/data/made", "-v", "keep:/data");
        Assert.Equal("x 65532", person.Script("echo $(cat /data/made) $(stat -c %u /data/made)", "-v", "keep:/data"));
        string path = JsonDocument.Parse(person.Type("volume", "inspect", "keep").Ok()).RootElement[0].GetProperty("Mountpoint").GetString()!;
        Assert.StartsWith(person.Home, path, StringComparison.Ordinal);
        Assert.Equal(Own, Command.Run("stat", "-c", "%u", path + "/made").Ok());
        person.Sleep("box", "-v", "keep:/data", "-v", "/anonymous");
        Assert.Contains("is in use by container box", person.Type("volume", "rm", "keep").Exits(1), StringComparison.Ordinal);
        Assert.Equal(2, person.Type("volume", "ls", "-q").Ok().Split('\n').Length);
        person.Type("rm", "-f", "-v", "box").Ok();
        Assert.Equal("keep", person.Type("volume", "ls", "-q").Ok());
        Assert.Contains("keep", person.Type("volume", "prune", "-af").Ok(), StringComparison.Ordinal);
        Assert.Equal("", person.Type("volume", "ls", "-q").Ok());
    }

    /// <summary>An image's files are copied into a new volume, and those of its root's go with it.</summary>
    [Fact]
    public void AVolumeOfItsRootsIsRemovedWithWhatOthersWrote()
    {
        using var person = new Person();
        person.Script("mkdir -m 700 /data/x && touch /data/x/y && chown -R 7:7 /data/x", "--as-root", "-v", "keep:/data");
        Assert.Equal("7", person.Script("stat -c %u /data/x", "--as-root", "-v", "keep:/data"));
        Assert.Equal("keep", person.Type("volume", "rm", "keep").Ok());
        Assert.Equal("", person.Type("volume", "ls", "-q").Ok());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AttachIsAWindow(bool helpers)
    {
        using var person = new Person(helpers);
        person.Type("run", "-di", "--name", "box", "--rootfs", PlainUser.Root, "/bin/sh", "-c", "read line; echo got $line; exit 4").Ok();
        Outcome outcome = person.Does("sh", "-c", $"echo word | {PlainUser.Programs}/bulkhead attach box");
        Assert.Equal((4, "got word\n", ""), (outcome.ExitCode, outcome.Out, outcome.Err));
        Assert.Equal("4", person.Type("wait", "box").Ok());
        Assert.Contains("is not running", person.Type("attach", "box").Exits(1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void EventsTellALife(bool helpers)
    {
        using var person = new Person(helpers);
        person.Sleep("box", "--label", "team=web");
        person.Type("rename", "box", "case").Ok();
        person.Type("rm", "-f", "case").Ok();
        string[] lines = person.Type("events", "--since", "1h", "--until", DateTime.UtcNow.AddSeconds(1).ToString("O", CultureInfo.InvariantCulture), "--format", "json").Ok().Split('\n');
        JsonElement[] events = Array.ConvertAll(lines, line => JsonDocument.Parse(line).RootElement);
        Assert.Equal(["create", "destroy", "die", "rename", "start"], events.Select(one => one.GetProperty("Action").GetString()).Where(action => action != "kill").Order(StringComparer.Ordinal));
        Assert.Equal("case", events.Single(one => one.GetProperty("Action").GetString() == "die").GetProperty("Actor").GetProperty("Attributes").GetProperty("name").GetString());
        Assert.Equal("600", person.Does("stat", "-c", "%a", person.Home + "/.local/share/bulkhead/events.json").Ok());
    }

    [Theory]
    [InlineData("none", "box publishes nothing: its network is none")]
    [InlineData("host", "it uses the host's network and listens there itself")]
    public void PortSaysThatNothingIsPublished(string network, string said)
    {
        using var person = new Person();
        person.Sleep("box", "--network", network);
        Outcome outcome = person.Type("port", "box");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Out));
        Assert.Contains(said, outcome.Err, StringComparison.Ordinal);
    }

    [Fact]
    public void CompletionKnowsTheUsersContainers()
    {
        using var person = new Person();
        person.Sleep("boxname");
        string script = $"""
            PATH={PlainUser.Programs}:$PATH
            eval "$(bulkhead completion bash)"
            COMP_LINE="bulkhead logs b"; COMP_POINT=15; COMP_WORDS=(bulkhead logs b); COMP_CWORD=2
            _bulkhead; echo "$COMPREPLY"
            """;
        Assert.Equal("boxname", person.Does("bash", "-c", script).Ok());
    }

    /// <summary>Refused by name without a cgroup, also for one of nobody's name.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void StatsNeedsACgroup(bool helpers)
    {
        using var person = new Person(helpers);
        person.Sleep("box");
        foreach (string[] words in (string[][])[["stats", "--no-stream"], ["stats", "box"], ["stats", "--no-stream", "--format", "json", "box"]])
            Assert.StartsWith("bulkhead: stats needs a cgroup, which a plain user has only on cgroup v2", person.Type(words).Exits(1), StringComparison.Ordinal);
        Assert.Contains("/bin/sleep 1000", person.Type("top", "--format", "{{.Command}}", "box").Ok(), StringComparison.Ordinal);
    }
}
