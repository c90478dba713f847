using System;
using System.Threading;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Linux.Tests.Spawn;

/// <summary>Alone: beside tests that allocate, each collection takes longer and stops them, and both take minutes.</summary>
[CollectionDefinition(nameof(Collecting), DisableParallelization = true)]
public sealed class Collecting;

[Collection(nameof(Collecting))]
public sealed class CollectingTests
{
    /// <summary>
    /// Managed code after clone hung in 20 of 104 runs beside a collecting thread: the plan must never. What hung is the suspension of threads, so the
    /// youngest generation will do; without a pause between two collections the spawning thread finds the next one begun whenever it wakes.
    /// </summary>
    [Fact]
    public void A_thousand_spawns_beside_a_collecting_garbage_collector()
    {
        using var stop = new CancellationTokenSource();
        var collector = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.KeepAlive(new byte[100_000]);
                GC.Collect(0);
                Thread.SpinWait(5000);
            }
        });
        int before = GC.CollectionCount(0);
        collector.Start();
        int good = 0;
        for (int i = 0; i < 1000; i++)
            good += SpawnTests.RunToEnd(new SpawnRequest { Program = SpawnTests.Exec("/bin/true"), Inherit = default }) == 0 ? 1 : 0;
        stop.Cancel();
        collector.Join();
        Assert.Equal(1000, good);
        Assert.True(GC.CollectionCount(0) - before > 1000, "a collection or more for each spawn");
    }
}
