using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using Bulkhead.TestSupport;

namespace Bulkhead.Monitors;

public sealed class EventTests
{
    /// <summary>A life with everything in it, in the order that Docker has.</summary>
    [Fact]
    public void ALifeInEvents()
    {
        using var person = new Person();
        string id = person.Start("sleep 1000", "--name", "life", "--label", "team=web", "--health-cmd", "true", "--health-interval", "50ms");
        Poll.Until("it to be healthy", () => Actions(person).Contains("health_status: healthy"));
        person.Do("pause", "life").Ok();
        person.Do("unpause", "life").Ok();
        person.Do("rename", "life", "after").Ok();
        person.Do("update", "--pids-limit", "50", "after").Ok();
        person.Do("stop", "-t", "0", "after").Ok();
        person.Do("rm", "after").Ok();
        // What stop and the monitor say of the end comes from two processes.
        string[] actions = Actions(person);
        Assert.Equal(["create", "start", "health_status: healthy", "pause", "unpause", "rename", "update"], actions[..7]);
        Assert.Equal(["die", "kill", "kill", "stop"], actions[7..^1].Order(StringComparer.Ordinal));
        Assert.Equal("destroy", actions[^1]);
        Assert.Equal(("137", "after"), (One(person, "die").GetProperty("exitCode").GetString(), One(person, "die").GetProperty("name").GetString()));
        Assert.Equal(("/life", "after"), (One(person, "rename").GetProperty("oldName").GetString(), One(person, "rename").GetProperty("name").GetString()));
        JsonElement start = Events(person, "--filter", "event=start").Single();
        Assert.Equal((id, id, "start", "container", "local"), (start.GetProperty("id").GetString(), start.GetProperty("Actor").GetProperty("ID").GetString(),
            start.GetProperty("status").GetString(), start.GetProperty("Type").GetString(), start.GetProperty("scope").GetString()));
        Assert.Equal(start.GetProperty("time").GetInt64(), start.GetProperty("timeNano").GetInt64() / 1_000_000_000);
        Assert.Equal("web", start.GetProperty("Actor").GetProperty("Attributes").GetProperty("team").GetString());
    }

    /// <summary>The monitor was started under the old name; the folder is gone when it tells the last event.</summary>
    [Fact]
    public void ARenamedContainersMonitorKnowsTheNewName()
    {
        using var person = new Person();
        person.Start("sleep 1000", "--rm", "--name", "before", "--label", "team=web");
        person.Do("rename", "before", "after").Ok();
        person.Do("kill", "after").Ok();
        Poll.Until("its end", () => Actions(person).Contains("destroy"));
        foreach (string action in (string[])["die", "destroy"])
            Assert.Equal(("after", "web"), (One(person, action).GetProperty("name").GetString(), One(person, action).GetProperty("team").GetString()));
        Assert.Equal("before", One(person, "start").GetProperty("name").GetString());
        // A later container of that name has nothing of it.
        person.Start("true", "--name", "before");
    }

    [Theory]
    [InlineData("--filter event=health_status", 1)]
    [InlineData("--filter event=start --filter event=die", 4)]
    [InlineData("--filter event=start --filter container=one", 1)]
    [InlineData("--filter event=start --filter label=x", 1)]
    [InlineData("--filter event=start --filter label=x=z", 0)]
    [InlineData("--filter event=start --filter type=image", 0)]
    public void Filters(string flags, int count)
    {
        using var person = new Person();
        person.Do("wait", person.Start("sleep 0.5", "--name", "one", "--label", "x=y", "--health-cmd", "true", "--health-interval", "50ms")).Ok();
        person.Do("wait", person.Start("true", "--name", "two")).Ok();
        Assert.Equal(count, Events(person, flags.Split(' ')).Length);
        Assert.Contains("colour=red", person.Do("events", "--filter", "colour=red").Exits(1), StringComparison.Ordinal);
    }

    /// <summary>Without --since it begins now, and sees what others do; --rm and --restart included.</summary>
    [Fact]
    public async Task Follows()
    {
        using var person = new Person();
        person.Do("wait", person.Start("true", "--name", "before")).Ok();
        using Process follow = person.Begin("events");
        Task<string> first = follow.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask()!;
        // It may not look yet: something happens until it has seen it.
        for (int i = 0; !first.IsCompleted; i++)
        {
            Assert.True(i < 100, "events sees nothing");
            person.Do("update", "--pids-limit", $"{i + 10}", "before").Ok();
        }
        Assert.Matches("^[0-9T:.-]+Z container update [0-9a-f]{64} \\(image=, name=before\\)$", await first);
        person.Start("exit 1", "--name", "again", "--restart", "on-failure:1");
        person.Do("run", "--rm", "--name", "gone", "--rootfs", person.Root, "/bin/true").Ok();
        var seen = new List<string>();
        while (!(seen.Contains("gone destroy") && seen.Count(line => line == "again die") == 2))
        {
            string[] words = (await follow.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Command.Limit, TestContext.Current.CancellationToken))!.Split(' ');
            seen.Add(words[^1].Replace("name=", "", StringComparison.Ordinal).TrimEnd(')') is var name && name.StartsWith("exitCode", StringComparison.Ordinal)
                ? words[^2][5..^1] + " " + words[2] : name + " " + words[2]);
        }
        Assert.Equal(["create", "start", "die", "start", "die"], seen.Where(line => line.StartsWith("again ", StringComparison.Ordinal)).Select(line => line[6..]));
        Assert.Equal(["create", "start", "die", "destroy"], seen.Where(line => line.StartsWith("gone ", StringComparison.Ordinal)).Select(line => line[5..]));
        Linux.Kill(follow.Id, Linux.SIGKILL);
    }

    /// <summary>The journal does not grow without end, and loses nothing of a reader's at the change.</summary>
    [Fact]
    public void TheJournalIsBounded()
    {
        using var person = new Person();
        string path = person.Data + "/events.json";
        person.Do("wait", person.Start("true", "--name", "one")).Ok();
        File.AppendAllText(path, new string('x', 1 << 20) + "\n");
        person.Do("update", "--pids-limit", "11", "one").Ok();
        Assert.InRange(new FileInfo(path).Length, 1, 1000);
        Assert.Equal(["create", "start", "die", "update"], Actions(person));
        person.Do("update", "--pids-limit", "12", "one").Ok();
        Assert.Equal(2, Directory.GetFiles(person.Data, "events.json*").Length);
    }

    private static JsonElement One(Person person, string action) =>
        Events(person, "--filter", "event=" + action).Single().GetProperty("Actor").GetProperty("Attributes");

    private static string[] Actions(Person person) => Array.ConvertAll(Events(person), line => line.GetProperty("Action").GetString()!);

    private static JsonElement[] Events(Person person, params string[] flags) =>
        Array.ConvertAll(person.Do(["events", "--since", "1h", "--until", Now(), "--format", "json", .. flags]).Ok()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries), line => JsonDocument.Parse(line).RootElement);

    private static string Now() => DateTime.UtcNow.ToString("O", System.Globalization.CultureInfo.InvariantCulture);
}
