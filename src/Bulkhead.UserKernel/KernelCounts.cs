using System;
using System.Globalization;
using System.Text;
using Bulkhead.Linux;

namespace Bulkhead.UserKernel;

/// <summary>What this kernel allocated, and how long its collector stopped it: one thread does all of both (--count-allocations 1).</summary>
internal sealed class KernelCounts
{
    private const int StandardError = 2;
    private TimeSpan paused = GC.GetTotalPauseDuration(), longest;

    public long Requests { get; set; }

    /// <summary>Between two looks the collector may have run: what it took is one pause, or at most a few that count as one.</summary>
    public void Look()
    {
        TimeSpan now = GC.GetTotalPauseDuration();
        if (now == paused)
            return;
        longest = now - paused > longest ? now - paused : longest;
        paused = now;
    }

    public void Say()
    {
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        Sys.WriteAll(Fd.Borrow(StandardError), Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"bulkhead-kernel: {bytes} bytes allocated, {Requests} requests, {GC.CollectionCount(0)} collections, {GC.CollectionCount(1)} of generation 1, {GC.CollectionCount(2)} of generation 2, {paused.TotalMicroseconds:F0} us paused, {longest.TotalMicroseconds:F0} us the longest\n")));
    }
}
