using System;
using System.CommandLine;
using Bulkhead.Cli.Commands;
using Bulkhead.Linux;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Options;

/// <summary>How it is watched, ended and known.</summary>
internal sealed class LifeFlags : FlagGroup
{
    private readonly Option<bool> terminal, interactive, remove;
    private readonly Option<string> stopSignal;
    private readonly Option<int?> stopTimeout;
    private readonly Option<string[]> label, annotation, logOption;

    public LifeFlags()
    {
        terminal = Add<bool>("--tty", "give it a terminal", null, "-t");
        interactive = Add<bool>("--interactive", "keep its stdin open", null, "-i");
        remove = Add<bool>("--rm", "remove the container when its program ends");
        stopSignal = Add<string>("--stop-signal", "signal that asks it to end (default: TERM)", "SIGNAL");
        stopTimeout = Add<int?>("--stop-timeout", "seconds from that signal to KILL (default: 10)", "SECONDS");
        label = Add<string[]>("--label", "a note for ps and inspect", "NAME[=VALUE]", "-l");
        annotation = Add<string[]>("--annotation", "a note in its OCI configuration", "NAME=VALUE");
        logOption = Add<string[]>("--log-opt", "max-size=BYTES (10m) of one log file, max-file=NUMBER (3) of files kept", "NAME=VALUE");
    }

    public override WorkloadOptions Read(ParseResult parsed, WorkloadOptions options)
    {
        var logs = new LogOptions();
        foreach (string text in parsed.GetValue(logOption) ?? [])
            logs = WithLog(logs, text);
        return options with
        {
            Terminal = parsed.GetValue(terminal),
            Interactive = parsed.GetValue(interactive),
            Remove = parsed.GetValue(remove),
            StopSignal = parsed.GetValue(stopSignal) is { } signal ? StopSignal(signal) : options.StopSignal,
            StopTimeout = parsed.GetValue(stopTimeout) is { } seconds ? seconds >= 0 ? seconds : throw new StepException("--stop-timeout: it is less than 0") : options.StopTimeout,
            Labels = Array.ConvertAll(parsed.GetValue(label) ?? [], text => Words.Label(text, "--label")),
            Annotations = Array.ConvertAll(parsed.GetValue(annotation) ?? [], text => Words.Annotation(text, "--annotation")),
            Logs = logs,
        };
    }

    /// <summary>0 would ask nobody.</summary>
    private static int StopSignal(string text) =>
        SignalCommands.Number(text, "--stop-signal") is > 0 and var number ? number : throw new StepException($"--stop-signal: '{text}' is no signal (kill -l lists them)");

    private static LogOptions WithLog(LogOptions logs, string text)
    {
        (string name, string value) = Words.Pair(text, "--log-opt");
        return name switch
        {
            "max-size" when Oci.ByteSize.TryParse(value, out long bytes) && bytes >= 1024 => logs with { MaxSize = bytes },
            "max-file" when int.TryParse(value, out int files) && files is >= 1 and <= 100 => logs with { MaxFiles = files },
            _ => throw new StepException($"--log-opt: '{text}' is not max-size=BYTES (1k or more) or max-file=NUMBER (1 to 100)"),
        };
    }
}
