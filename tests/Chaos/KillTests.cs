using System;
using System.Collections.Generic;
using System.Linq;

namespace Bulkhead.Chaos;

/// <summary>
/// SIGKILL at every state-changing system call of every verb, of the runtime and of each of its children. After each, list tells the
/// truth and one delete --force leaves nothing.
/// </summary>
public sealed class KillTests : IDisposable
{
    private const string Id = OciPlace.Id;
    private readonly Tracer tracer = new();
    private readonly OciPlace[] places = [new(), new()];

    /// <summary>A verb as a name, what must be there before, and its words.</summary>
    private static readonly Dictionary<string, (string Before, string[] Words)> Verbs = new()
    {
        ["create"] = ("", ["create", "--pid-file", "PID", "--bundle", "BUNDLE", Id]),
        ["run"] = ("", ["run", "--bundle", "BUNDLE", Id]),
        ["run-detached"] = ("", ["run", "--detach", "--pid-file", "PID", "--bundle", "BUNDLE", Id]),
        ["start"] = ("created", ["start", Id]),
        ["exec"] = ("running", ["exec", Id, "/bin/true"]),
        ["exec-detached"] = ("running", ["exec", "--detach", "--pid-file", "PID", Id, "/bin/sleep", "1000"]),
        ["delete"] = ("stopped", ["delete", Id]),
        ["delete-force"] = ("running", ["delete", "--force", Id]),
    };

    [Theory]
    [InlineData("create", 300)]
    [InlineData("run", 200)]
    [InlineData("start", 8)]
    [InlineData("exec", 80)]
    [InlineData("delete", 15)]
    [InlineData("delete-force", 15)]
    public void Killed_at_every_call(string verb, int least) => Check(verb, least, after: false);

    [Theory]
    [Trait("Speed", "Long")]
    [InlineData("create", 600)]
    [InlineData("run", 400)]
    [InlineData("run-detached", 400)]
    [InlineData("start", 16)]
    [InlineData("exec", 160)]
    [InlineData("exec-detached", 160)]
    [InlineData("delete", 30)]
    [InlineData("delete-force", 30)]
    public void Killed_before_and_after_every_call(string verb, int least) => Check(verb, least, after: true);

    [Theory]
    [Trait("Speed", "Long")]
    [InlineData("create", 600)]
    [InlineData("run", 400)]
    [InlineData("start", 16)]
    [InlineData("exec", 160)]
    [InlineData("delete-force", 30)]
    public void Killed_at_every_call_with_a_user_namespace_and_hooks(string verb, int least)
    {
        foreach (OciPlace place in places)
            place.AddUserNamespaceAndHooks();
        Check(verb, least, after: true);
    }

    /// <summary>
    /// The same on a kernel of our own, whose process, template and cells are the runtime's children like any other: killed at their calls too.
    /// </summary>
    /// <param name="verb">Which.</param>
    /// <param name="each">Every so many-eth point.</param>
    /// <param name="least">Points killed at.</param>
    [Theory]
    [InlineData("create", 8, 20)]
    [InlineData("run", 12, 20)]
    [InlineData("start", 4, 2)]
    [InlineData("exec", 8, 8)]
    [InlineData("delete-force", 2, 5)]
    public void Killed_with_a_user_kernel(string verb, int each, int least) => CheckUserKernel(verb, each, least, after: false);

    [Theory]
    [Trait("Speed", "Long")]
    [InlineData("create", 400)]
    [InlineData("run", 400)]
    [InlineData("run-detached", 400)]
    [InlineData("start", 16)]
    [InlineData("exec", 160)]
    [InlineData("exec-detached", 160)]
    [InlineData("delete", 30)]
    [InlineData("delete-force", 30)]
    public void Killed_before_and_after_every_call_with_a_user_kernel(string verb, int least) => CheckUserKernel(verb, 1, least, after: true);

    private void CheckUserKernel(string verb, int each, int least, bool after)
    {
        foreach (OciPlace place in places)
            place.UseUserKernel();
        Check(verb, least, after, each);
    }

    public void Dispose()
    {
        foreach (OciPlace place in places)
            place.Dispose();
        tracer.Dispose();
    }

    private void Check(string verb, int least, bool after, int each = 1)
    {
        (string before, string[] words) = Verbs[verb];
        foreach (OciPlace place in places)
            place.Begin(verb == "run" ? ["/bin/true"] : ["/bin/sleep", "1000"]);
        List<KillPoint> points = [.. Kills.Common(() => Record(verb, before, after, words)).Where((_, index) => index % each == 0)];
        List<string> failures = Kills.Each(points, places, (point, place) => KillAt(point, before, words, place));
        string text = $"{verb}: {points.Count} points; {failures.Count} failures\n" + string.Join('\n', failures);
        TestContext.Current.TestOutputHelper!.WriteLine(text);
        Assert.True(failures.Count == 0, text);
        Assert.InRange(points.Distinct().Count(), least, int.MaxValue);
    }

    private List<KillPoint> Record(string verb, string before, bool after, string[] words)
    {
        places[0].Prepare(before);
        List<KillPoint> points = tracer.Points(verb, after, places[0].Command(words));
        Assert.Null(places[0].CleanUp([]));
        return points;
    }

    /// <summary>Null: all is well after it.</summary>
    private string? KillAt(KillPoint point, string before, string[] words, OciPlace place)
    {
        const int Tries = 10;
        for (int i = 0; i < Tries; i++)
        {
            place.Prepare(before);
            Trace trace = tracer.Kill(point, place.Command(words));
            string? lie = place.ListLiesForLong(), left = place.CleanUp(trace.Pids());
            if (lie is not null || left is not null)
                return lie + " " + left;
            if (trace.Reached)
                return null;
        }
        return "was not reached";
    }
}
