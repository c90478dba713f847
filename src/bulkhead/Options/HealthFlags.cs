using System.CommandLine;
using Bulkhead.Linux;
using Bulkhead.Oci;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Options;

/// <summary>Whether the program does its work, asked by another one beside it.</summary>
internal sealed class HealthFlags : FlagGroup
{
    private readonly Option<string> command, interval, timeout, startPeriod, startInterval;
    private readonly Option<int?> retries;
    private readonly Option<bool> none;

    public HealthFlags()
    {
        command = Add<string>("--health-cmd", "shell command that tells by its exit status whether the container is well", "COMMAND");
        interval = Add<string>("--health-interval", "time between two checks (default: 30s)", "DURATION");
        timeout = Add<string>("--health-timeout", "a check that takes longer has failed (default: 30s)", "DURATION");
        retries = Add<int?>("--health-retries", "failures in a row that make it unhealthy (default: 3)", "N");
        startPeriod = Add<string>("--health-start-period", "failures do not count for so long after the start (default: 0s)", "DURATION");
        startInterval = Add<string>("--health-start-interval", "time between two checks meanwhile (default: 5s)", "DURATION");
        none = Add<bool>("--no-healthcheck", "no checks, whatever the image says");
    }

    public override WorkloadOptions Read(ParseResult parsed, WorkloadOptions options)
    {
        Option? other = System.Array.Find<Option>([interval, timeout, retries, startPeriod, startInterval], option => parsed.GetResult(option) is not null);
        if (parsed.GetValue(none) && (other is not null || parsed.GetValue(command) is not null))
            throw new StepException("--no-healthcheck and the --health flags exclude each other");
        if (parsed.GetValue(none))
            return options with { Health = null };
        // The image may have one, of which single words are changed: its times stay also where the command is another, as in Docker.
        HealthOptions? defaults = parsed.GetValue(command) is not { Length: > 0 } text ? options.Health
            : options.Health is { } ofImage ? ofImage with { Command = text, Words = null } : new HealthOptions { Command = text };
        if (defaults is null)
            return other is null ? options : throw new StepException($"{other.Name}: there is nothing to check: add --health-cmd");
        int count = parsed.GetValue(retries) ?? defaults.Retries;
        return options with
        {
            Health = defaults with
            {
                Interval = Time(parsed, interval, defaults.Interval),
                Timeout = Time(parsed, timeout, defaults.Timeout),
                Retries = count >= 1 ? count : throw new StepException("--health-retries: it is less than 1"),
                StartPeriod = Time(parsed, startPeriod, defaults.StartPeriod),
                StartInterval = Time(parsed, startInterval, defaults.StartInterval),
            },
        };
    }

    /// <summary>Milliseconds. Docker's 0 is the default.</summary>
    private static int Time(ParseResult parsed, Option<string> option, int otherwise)
    {
        if (parsed.GetValue(option) is not { } text || text is "0" or "0s")
            return otherwise;
        return GoDuration.TryParse(text, out int milliseconds) ? milliseconds : throw new StepException($"{option.Name}: '{text}' is not a time such as 1m30s, of 1ms or more");
    }
}
