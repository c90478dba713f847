using System.Text.Json.Serialization;

namespace Bulkhead.Workloads;

/// <summary>--health-cmd and its like. All times in milliseconds; the defaults are Docker's.</summary>
public sealed record HealthOptions
{
    /// <summary>For /bin/sh -c, in the container.</summary>
    public required string Command { get; init; }

    /// <summary>A program and its arguments instead, which need no shell: an image's CMD; null: there is none.</summary>
    public string[]? Words { get; init; }

    /// <summary>What is executed.</summary>
    [JsonIgnore]
    public string[] Arguments => Words ?? ["/bin/sh", "-c", Command];

    /// <summary>From the end of one check to the next.</summary>
    public int Interval { get; set; } = 30_000;

    /// <summary>A check that takes longer is killed and has failed.</summary>
    public int Timeout { get; set; } = 30_000;

    /// <summary>So many failures in a row make it unhealthy.</summary>
    public int Retries { get; set; } = 3;

    /// <summary>From the start of the container on failures do not count, until the first success.</summary>
    public int StartPeriod { get; init; }

    /// <summary>The interval in that time.</summary>
    public int StartInterval { get; set; } = 5_000;
}

/// <summary>What a monitor knows of its container's health.</summary>
public sealed record HealthRecord
{
    public const string Starting = "starting", Healthy = "healthy", Unhealthy = "unhealthy";

    /// <summary>Docker keeps as many.</summary>
    private const int MaxLog = 5;

    public string Status { get; set; } = Starting;

    /// <summary>Failures since the last success.</summary>
    public int FailingStreak { get; init; }

    /// <summary>The last checks, the newest at the end.</summary>
    public HealthProbe[] Log { get; set; } = [];

    /// <summary>After one more check, by Docker's rules.</summary>
    /// <param name="probe">The check.</param>
    /// <param name="retries">Of the options.</param>
    /// <param name="inStartPeriod">It ended within the start period.</param>
    public HealthRecord With(HealthProbe probe, int retries, bool inStartPeriod)
    {
        HealthProbe[] log = Log.Length < MaxLog ? [.. Log, probe] : [.. Log[1..], probe];
        if (probe.ExitCode == 0)
            return new HealthRecord { Status = Healthy, Log = log };
        if (Status == Starting && inStartPeriod)
            return this with { Log = log };
        int streak = FailingStreak + 1;
        return new HealthRecord { Status = streak >= retries ? Unhealthy : Status, FailingStreak = streak, Log = log };
    }
}

/// <summary>One check.</summary>
/// <param name="Start">RFC 3339, UTC.</param>
/// <param name="End">The same.</param>
/// <param name="ExitCode">-1: it could not be run, or took too long.</param>
/// <param name="Output">The beginning of what it wrote, to both streams.</param>
public sealed record HealthProbe(string Start, string End, int ExitCode, string Output);
