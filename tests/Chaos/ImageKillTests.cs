using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace Bulkhead.Chaos;

/// <summary>
/// SIGKILL at the state-changing system calls of the commands on images, those of all their threads. After each, what is listed is whole; the same command again brings the right
/// image; and a prune leaves nothing.
/// </summary>
public sealed class ImageKillTests : IDisposable
{
    private readonly Tracer tracer = new(whole: true);
    private readonly ImageOrigin origin = new();
    private readonly ImagePlace[] places;

    public ImageKillTests() => places = [new(origin), new(origin)];

    private static readonly Dictionary<string, ImageVerb> Verbs = new()
    {
        ["pull"] = new("pull -q IMAGE", After: "IMAGE"),
        ["load"] = new("load -q -i ARCHIVE", After: "IMAGE"),
        // Pulls what is missing.
        ["run"] = new("run -q --name victim IMAGE /bin/true", After: "IMAGE"),
        ["rmi"] = new("rmi IMAGE", "image", Done: "no such image"),
        ["prune"] = new("image prune -af", "image"),
        ["commit"] = new("commit victim " + ImageVerb.Made, "container", ImageVerb.Made),
    };

    /// <param name="verb">Which.</param>
    /// <param name="each">Every so many-eth point.</param>
    /// <param name="least">Points killed at.</param>
    [Theory]
    [InlineData("pull", 27, 8)]
    [InlineData("load", 33, 6)]
    [InlineData("rmi", 25, 4)]
    [InlineData("prune", 25, 4)]
    [InlineData("commit", 31, 3)]
    public void KilledAtSomeCalls(string verb, int each, int least) => Check(verb, each, least, after: false);

    [Theory]
    [Trait("Speed", "Long")]
    [InlineData("pull", 1, 480)]
    [InlineData("load", 1, 480)]
    [InlineData("run", 3, 550)]
    [InlineData("rmi", 1, 200)]
    [InlineData("prune", 1, 200)]
    [InlineData("commit", 1, 210)]
    public void KilledBeforeAndAfterEveryCall(string verb, int each, int least) => Check(verb, each, least, after: true);

    public void Dispose()
    {
        foreach (ImagePlace place in places)
            place.Dispose();
        origin.Dispose();
        tracer.Dispose();
    }

    private void Check(string name, int each, int least, bool after)
    {
        ImageVerb verb = Verbs[name];
        List<KillPoint> points = Record(name, verb, after);
        List<KillPoint> chosen = [.. points.Where((_, index) => index % each == 0)];
        int reached = 0, number = 0;
        List<string> failures = Kills.Each(chosen, places, (point, place) =>
        {
            place.Prepare(verb);
            Trace trace = tracer.Kill(point, place.Command(verb.Words));
            if (trace.Reached)
                Interlocked.Increment(ref reached);
            string? undisturbed = trace.Reached || trace.Status == 0 ? null : $"not reached, ended with {trace.Status}: {trace.Ran.Errors}";
            // A pull that follows may hide what it mends: every third kill is followed by prune alone.
            return place.Mend(verb, trace.Pids(), again: Interlocked.Increment(ref number) % 3 != 0) ?? undisturbed;
        });
        foreach (ImagePlace place in places)
            Assert.Null(place.End());
        string text = $"{name}: {reached} kills of {chosen.Count} tries, of {points.Count} points; {failures.Count} failures\n" + string.Join('\n', failures);
        TestContext.Current.TestOutputHelper!.WriteLine(text);
        Assert.True(failures.Count == 0, text);
        // Which of its threads comes first differs from run to run, and so does what they find done.
        Assert.True(reached >= least && reached >= chosen.Count * 9 / 10, text);
    }

    private List<KillPoint> Record(string name, ImageVerb verb, bool after) => Kills.Common(() =>
    {
        ImagePlace place = places[0];
        place.Prepare(verb);
        List<KillPoint> points = tracer.Points(name, after, place.Command(verb.Words));
        Assert.Equal("", place.Mend(verb, [], again: false) ?? "");
        return points;
    });
}
