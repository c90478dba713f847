using System.Text.Json;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Inspect;

/// <summary>The parts of Docker's document that hold a container's checks.</summary>
internal static class HealthDocument
{
    private const long NanosecondsPerMillisecond = 1_000_000;

    /// <summary>State.Health.</summary>
    public static void Write(Utf8JsonWriter json, HealthRecord health)
    {
        json.WriteStartObject("Health");
        json.WriteString("Status", health.Status);
        json.WriteNumber("FailingStreak", health.FailingStreak);
        json.WriteStartArray("Log");
        foreach (HealthProbe probe in health.Log)
        {
            json.WriteStartObject();
            json.WriteString("Start", probe.Start);
            json.WriteString("End", probe.End);
            json.WriteNumber("ExitCode", probe.ExitCode);
            json.WriteString("Output", probe.Output);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Config.Healthcheck; times in nanoseconds.</summary>
    public static void Write(Utf8JsonWriter json, HealthOptions options)
    {
        json.WriteStartObject("Healthcheck");
        JsonOutput.Texts(json, "Test", options.Words is { } words ? ["CMD", .. words] : ["CMD-SHELL", options.Command]);
        json.WriteNumber("Interval", options.Interval * NanosecondsPerMillisecond);
        json.WriteNumber("Timeout", options.Timeout * NanosecondsPerMillisecond);
        json.WriteNumber("StartPeriod", options.StartPeriod * NanosecondsPerMillisecond);
        json.WriteNumber("StartInterval", options.StartInterval * NanosecondsPerMillisecond);
        json.WriteNumber("Retries", options.Retries);
        json.WriteEndObject();
    }
}
