using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace Bulkhead.Chaos;

/// <summary>
/// SIGKILL at the state-changing system calls of the command for people, of the monitor that it starts and of the container's processes. After each,
/// ps tells what is there, one rm -f removes it, its name can be used again, and nothing is left.
/// </summary>
public sealed class PeopleKillTests : IDisposable
{
    private readonly Tracer tracer = new();
    private readonly PeoplePlace[] places = [new(), new()];

    /// <summary>What must be there before (as <see cref="PeoplePlace.Prepare"/> has it), and the words.</summary>
    private static readonly Dictionary<string, (string Before, string Words)> Verbs = new()
    {
        ["run-detached"] = ("", "run -d --name victim --rootfs ROOT /bin/sleep 1000"),
        // To the end of the container: all that its monitor does.
        ["run"] = ("", "run --name victim --rootfs ROOT /bin/true"),
        ["run-rm"] = ("", "run --rm --name victim --rootfs ROOT /bin/true"),
        ["start"] = ("exited", "start victim"),
        ["stop"] = ("running", "stop -t 0 victim"),
        ["restart"] = ("running", "restart -t 0 victim"),
        ["rm"] = ("exited", "rm victim"),
        ["rm-force"] = ("running", "rm -f victim"),
    };

    /// <summary>Verb, and points to be killed at when none is left out.</summary>
    public static TheoryData<string, int> EveryVerb() => new()
    {
        { "run-detached", 800 }, { "run", 800 }, { "run-rm", 800 }, { "start", 800 }, { "stop", 8 }, { "restart", 800 }, { "rm", 30 }, { "rm-force", 40 },
    };

    /// <param name="verb">Which.</param>
    /// <param name="each">Every so many-eth point.</param>
    /// <param name="least">Points killed at.</param>
    [Theory]
    [InlineData("run-detached", 20, 25)]
    [InlineData("run", 20, 25)]
    [InlineData("start", 40, 10)]
    [InlineData("stop", 1, 4)]
    [InlineData("restart", 40, 10)]
    [InlineData("rm", 2, 8)]
    [InlineData("rm-force", 3, 8)]
    public void KilledAtSomeCalls(string verb, int each, int least) => Check(verb, each, least, after: false);

    [Theory]
    [Trait("Speed", "Long")]
    [MemberData(nameof(EveryVerb))]
    public void KilledBeforeAndAfterEveryCall(string verb, int least) => Check(verb, 1, least, after: true);

    /// <summary>The same with a kernel of our own in the container.</summary>
    [Theory]
    [InlineData("run-detached", 60, 8)]
    [InlineData("run", 80, 8)]
    [InlineData("restart", 120, 4)]
    [InlineData("rm-force", 6, 4)]
    public void KilledAtSomeCallsWithAUserKernel(string verb, int each, int least) => CheckUserKernel(verb, each, least, after: false);

    [Theory]
    [Trait("Speed", "Long")]
    [MemberData(nameof(EveryVerb))]
    public void KilledBeforeAndAfterEveryCallWithAUserKernel(string verb, int least) => CheckUserKernel(verb, 1, least, after: true);

    private void CheckUserKernel(string verb, int each, int least, bool after)
    {
        foreach (PeoplePlace place in places)
            place.Flags = "--isolation userkernel ";
        Check(verb, each, least, after);
    }

    /// <summary>
    /// The monitor's child waits for its ids with the monitor's memory and descriptors, the locks among them: killed there, the monitor must take it along.
    /// </summary>
    [Fact]
    public void KilledWhileItsChildWaitsForIds()
    {
        const int Window = 12;
        string words = Verbs["run-detached"].Words;
        List<KillPoint> monitor = Record("run-detached", "", after: false, words).FindAll(point => point.Role == "child1");
        int clone = monitor.FindLastIndex(point => point.Call is "clone" or "clone3");
        Assert.InRange(clone, 0, monitor.Count - Window);
        foreach (KillPoint point in monitor.GetRange(clone, Window))
        {
            Trace trace = tracer.Kill(point, places[0].Command(words));
            Assert.True(trace.Reached, point.ToString());
            Assert.True((places[0].Mend(trace.Pids()) ?? places[0].UseAgain()) is var failure && failure is null, $"{point}: {failure}");
        }
    }

    public void Dispose()
    {
        foreach (PeoplePlace place in places)
            place.Dispose();
        tracer.Dispose();
    }

    private void Check(string verb, int each, int least, bool after)
    {
        (string before, string words) = Verbs[verb];
        List<KillPoint> points = Record(verb, before, after, words);
        List<KillPoint> chosen = [.. points.Where((_, index) => index % each == 0)];
        int reached = 0;
        List<string> failures = Kills.Each(chosen, places, (point, place) =>
        {
            place.Prepare(before);
            Trace trace = tracer.Kill(point, place.Command(words));
            if (trace.Reached)
                Interlocked.Increment(ref reached);
            // A name that cannot be used again fails here, or where the next container is prepared.
            string? undisturbed = trace.Reached || trace.Status == 0 ? null : $"not reached, ended with {trace.Status}: {trace.Ran.Errors}";
            return place.Mend(trace.Pids()) ?? undisturbed;
        });
        foreach (PeoplePlace place in places)
            Assert.Null(place.UseAgain());
        string text = $"{verb}: {reached} kills of {chosen.Count} tries, of {points.Count} points; {failures.Count} failures\n" + string.Join('\n', failures);
        TestContext.Current.TestOutputHelper!.WriteLine(text);
        Assert.True(failures.Count == 0, text);
        // What a monitor does while its starter ends may come a moment too late for the tracer.
        Assert.True(reached >= least && reached >= chosen.Count * 9 / 10, text);
    }

    private List<KillPoint> Record(string verb, string before, bool after, string words) => Kills.Common(() =>
    {
        PeoplePlace place = places[0];
        place.Prepare(before);
        List<KillPoint> points = tracer.Points(verb, after, place.Command(words));
        Assert.Null(place.Mend([]));
        return points;
    });
}
