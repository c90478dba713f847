using System;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>The time of day as records have it.</summary>
public static class Clock
{
    private const long NanosecondsPerTick = 100;

    /// <summary>RFC 3339, UTC, as `state` shows it.</summary>
    public static string Now() => Rfc3339.Format((DateTime.UtcNow - DateTime.UnixEpoch).Ticks * NanosecondsPerTick);
}
