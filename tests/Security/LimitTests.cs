using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;

namespace Bulkhead.Security;

/// <summary>What a container can exhaust (E38): it comes as far as its limit, the host goes on.</summary>
public sealed class LimitTests
{
    public static TheoryData<string, Entry, Tier> Every() => Ways.With([.. Limits.All.Select(l => l.Id)]);

    [Theory]
    [MemberData(nameof(Every))]
    public void It_ends_at_the_limit(string id, Entry entry, Tier tier)
    {
        Limit limit = Limits.Find(id);

        (int count, string error) = Take(limit, limit.Set, entry, tier);

        Assert.Equal(limit.Error, error);
        // Not far below either: then something else would have stopped it.
        Assert.InRange(count, limit.Most / 2, limit.Most);
        Assert.False(Host.Victim.HasExited);
    }

    /// <summary>The control: without the limit the same command comes to its own bound.</summary>
    [Theory]
    [MemberData(nameof(Every))]
    public void Without_the_limit_it_goes_on(string id, Entry entry, Tier tier)
    {
        Limit limit = Limits.Find(id);

        (int count, string error) = Take(limit, limit.Lift, entry, tier);

        Assert.Equal((int.Parse(limit.Command[1], CultureInfo.InvariantCulture), "-"), (count, error));
    }

    /// <summary>
    /// A bomb that stands at its limit: what enters its container by exec cannot fork either (entering itself is no fork: pids.max lets it), and the
    /// host forks as before.
    /// </summary>
    [Fact]
    public void The_host_lives_beside_a_fork_bomb()
    {
        JsonObject config = Config.Profile("/probe", "--wait");
        Limits.Find("E38.pids").Set(config);
        using var container = new Container(config);
        container.Begin();
        using Process bomb = Host.Start(Host.Runtime, "--root", Path.Combine(Host.Work, "state"), "exec", container.Id, "/probe", "--limit", "forks", "64", "hold");
        string? line = bomb.StandardOutput.ReadLine();

        Said second = container.Exec("/probe", "--limit", "forks", "1").MustSucceed();
        int[] forked = [.. Enumerable.Range(0, 64).Select(_ => Host.Run("/bin/true").Status)];
        bomb.StandardInput.Close();
        bomb.WaitForExit();

        Assert.EndsWith(" EAGAIN", line ?? bomb.StandardError.ReadToEnd(), StringComparison.Ordinal);
        Assert.Equal("0 EAGAIN\n", second.Output);
        Assert.All(forked, status => Assert.Equal(0, status));
        container.Exec("/bin/sh", "-c", "true").MustSucceed();
    }

    private static (int Count, string Error) Take(Limit limit, Action<JsonObject> configure, Entry entry, Tier tier)
    {
        string[] command = ["/probe", "--limit", .. limit.Command];
        JsonObject config = Config.Profile(entry == Entry.Init ? command : ["/probe", "--wait"]);
        configure(config);
        using var container = new Container(config) { Tier = tier };
        if (entry == Entry.Exec)
            container.Begin();
        string[] words = (entry == Entry.Init ? container.Run() : container.Exec(command)).MustSucceed().Output.Trim().Split(' ');
        return (int.Parse(words[0], CultureInfo.InvariantCulture), words[1]);
    }
}
