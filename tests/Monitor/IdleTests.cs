using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using Bulkhead.TestSupport;

namespace Bulkhead.Monitors;

/// <summary>A monitor that waits costs next to nothing.</summary>
public sealed class IdleTests
{
    private const int MostKilobytes = 2048;

    /// <param name="script">What its program does before it sleeps, and when it is idle again.</param>
    [Theory]
    [InlineData("")]
    [InlineData("head -c 10000000 /dev/zero | tr '\\0' x; echo; for i in 1 2 3 4 5 6 7 8 9; do echo $i; done;")]
    [InlineData("head -c 10000000 /dev/zero | tr '\\0' '\\n';")]
    public void ItHoldsLittleMemoryAndSleeps(string script)
    {
        using var person = new Person();
        string id = person.Start(script + "touch /tmp/done; sleep 1000");
        string done = $"/proc/{KilledMonitorTests.InitOf(id)}/root/tmp/done";
        Poll.Until("its program to have done its work", () => File.Exists(done));
        int pid = Person.Monitor(id)!.Value;
        // It gives its pages back a second after the last event, and sleeps from then on.
        Poll.Until("the monitor to sleep", () =>
        {
            int[] before = Switches(pid);
            Thread.Sleep(2000);
            return before.SequenceEqual(Switches(pid));
        });
        Assert.InRange(Value($"/proc/{pid}/smaps_rollup", "Pss:"), 1, MostKilobytes);
        // It has given its pages back, and works.
        Assert.Equal("exit", person.Do("exec", id, "/bin/echo", "exit").Ok().Trim());
        person.Do("kill", id).Ok();
        // Nothing of it runs a moment before its monitor has written how it ended.
        person.Do("wait", id).Ok();
        Assert.Equal(137, person.Exit(id).GetProperty("status").GetInt32());
    }

    /// <summary>Of all its threads: how often each gave up the processor by itself.</summary>
    private static int[] Switches(int pid) =>
        [.. Directory.GetDirectories($"/proc/{pid}/task").Order(StringComparer.Ordinal).Select(task => Value(task + "/status", "voluntary_ctxt_switches:"))];

    private static int Value(string path, string key) =>
        int.Parse(File.ReadLines(path).First(line => line.StartsWith(key, StringComparison.Ordinal)).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
