using System;
using System.Diagnostics;
using System.Threading;

namespace Bulkhead.TestSupport;

/// <summary>Waits for something that another process does.</summary>
public static class Poll
{
    /// <summary>Asks again and again until the answer is true; fails, saying what was waited for, after <paramref name="seconds"/>.</summary>
    public static void Until(string what, Func<bool> condition, int seconds = 20)
    {
        ArgumentNullException.ThrowIfNull(condition);
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(seconds))
            {
                throw new TimeoutException($"waited {seconds} s for: {what}");
            }

            Thread.Sleep(50);
        }
    }
}
