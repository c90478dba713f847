using System;
using System.CommandLine;
using Bulkhead.Cli.Commands;
using Bulkhead.Linux;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Options;

/// <summary>How it is watched, ended and known.</summary>
internal sealed class LifeFlags : FlagGroup
{
    private readonly Option<bool> terminal, interactive, remove, init;
    private readonly Option<string> restart, stopSignal, logDriver;
    private readonly Option<int?> stopTimeout;
    private readonly Option<string[]> label, labelFile, annotation, logOption;

    public LifeFlags()
    {
        terminal = Add<bool>("--tty", "give it a terminal", null, "-t");
        interactive = Add<bool>("--interactive", "keep its stdin open", null, "-i");
        remove = Add<bool>("--rm", "remove the container when its program ends");
        restart = Add<string>("--restart", "run it again when it ends: no (default), on-failure[:N], always, unless-stopped", "POLICY");
        init = Add<bool>("--init", "a small first process that reaps zombies and passes signals on");
        stopSignal = Add<string>("--stop-signal", "signal that asks it to end (default: TERM)", "SIGNAL");
        stopTimeout = Add<int?>("--stop-timeout", "seconds from that signal to KILL (default: 10)", "SECONDS");
        label = Add<string[]>("--label", "a note for ps and inspect", "NAME[=VALUE]", "-l");
        labelFile = Add<string[]>("--label-file", "labels from the lines of a file", "FILE");
        logDriver = Add<string>("--log-driver", "json-file, which is the only one", "DRIVER");
        annotation = Add<string[]>("--annotation", "a note in its OCI configuration", "NAME=VALUE");
        logOption = Add<string[]>("--log-opt", "max-size=BYTES (10m) of one log file, max-file=NUMBER (3) of files kept", "NAME=VALUE");
    }

    public override WorkloadOptions Read(ParseResult parsed, WorkloadOptions options)
    {
        if (parsed.GetValue(logDriver) is not (null or "json-file"))
            throw new StepException($"--log-driver: '{parsed.GetValue(logDriver)}' is not known: the only one is json-file");
        var logs = new LogOptions();
        foreach (string text in parsed.GetValue(logOption) ?? [])
            logs = WithLog(logs, text);
        RestartPolicy policy = RestartPolicy.Parse(parsed.GetValue(restart) ?? "no");
        if (policy.Kind != RestartKind.No && parsed.GetValue(remove))
            throw new StepException("--restart and --rm exclude each other");
        return options with
        {
            Restart = policy,
            Terminal = parsed.GetValue(terminal),
            Interactive = parsed.GetValue(interactive),
            Init = parsed.GetValue(init),
            Remove = parsed.GetValue(remove),
            StopSignal = parsed.GetValue(stopSignal) is { } signal ? StopSignal(signal) : options.StopSignal,
            StopTimeout = parsed.GetValue(stopTimeout) is { } seconds ? seconds >= 0 ? seconds : throw new StepException("--stop-timeout: it is less than 0") : options.StopTimeout,
            Labels = Words.Labels(parsed.GetValue(labelFile) ?? [], parsed.GetValue(label) ?? []),
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
