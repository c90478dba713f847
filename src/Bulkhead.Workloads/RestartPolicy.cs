using System;
using System.Globalization;
using Bulkhead.Linux;

namespace Bulkhead.Workloads;

/// <summary>Kinds of --restart.</summary>
public enum RestartKind
{
    No,
    OnFailure,
    Always,
    UnlessStopped,
}

/// <summary>--restart no|on-failure[:N]|always|unless-stopped: whether a monitor runs its container again.</summary>
public sealed record RestartPolicy
{
    private const int FirstDelay = 100, LongestDelay = 60_000, Steady = 10_000;

    public RestartKind Kind { get; init; }

    /// <summary>On-failure: so many times at most; 0: without limit.</summary>
    public int MaxRetries { get; init; }

    public static RestartPolicy Parse(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string kind = colon < 0 ? text : text[..colon];
        int retries = 0;
        bool good = colon < 0 || (kind == "on-failure" && int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out retries));
        RestartKind? found = kind switch
        {
            "no" => RestartKind.No,
            "on-failure" => RestartKind.OnFailure,
            "always" => RestartKind.Always,
            "unless-stopped" => RestartKind.UnlessStopped,
            _ => null,
        };
        if (found is null || !good)
            throw new StepException($"--restart: '{text}' is none of no, on-failure[:N], always, unless-stopped");
        return new RestartPolicy { Kind = found.Value, MaxRetries = retries };
    }

    public override string ToString() => Kind switch
    {
        RestartKind.OnFailure when MaxRetries > 0 => string.Create(CultureInfo.InvariantCulture, $"on-failure:{MaxRetries}"),
        RestartKind.OnFailure => "on-failure",
        RestartKind.Always => "always",
        RestartKind.UnlessStopped => "unless-stopped",
        _ => "no",
    };

    /// <summary>After an end with <paramref name="status"/>, having run it again <paramref name="restarts"/> times already.</summary>
    public bool Again(int status, int restarts) => Kind switch
    {
        RestartKind.Always or RestartKind.UnlessStopped => true,
        RestartKind.OnFailure => status != 0 && (MaxRetries == 0 || restarts < MaxRetries),
        _ => false,
    };

    /// <summary>Milliseconds to wait, as Docker does: doubled each time from 100 to one minute; anew after a run of 10 seconds.</summary>
    /// <param name="last">What was waited before the run; 0: nothing.</param>
    /// <param name="ran">How long that run took.</param>
    public static int Delay(int last, long ran) => last == 0 || ran >= Steady ? FirstDelay : Math.Min(last * 2, LongestDelay);
}
