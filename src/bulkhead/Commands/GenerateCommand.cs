using System;
using System.CommandLine;
using System.Globalization;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Workloads;

namespace Bulkhead.Cli.Commands;

/// <summary>generate systemd, podman's verb: a unit that starts a container with the machine, since there is no daemon that could.</summary>
internal static class GenerateCommand
{
    /// <summary>From the end of stop's patience to the kill of what is left of the unit.</summary>
    private const int Grace = 60;

    public static Command Make()
    {
        Argument<string> name = ContainerArgument.One();
        var systemd = new Command("systemd", "Print a systemd unit that starts a container with the machine") { name };
        systemd.SetAction(parsed =>
        {
            Output.Write(Unit(Workload.Find(parsed.GetValue(name)!)));
            return 0;
        });
        return new Command("generate", "Print files for other programs") { systemd };
    }

    private static string Unit(Workload workload)
    {
        WorkloadOptions options = workload.Record.Options;
        if (options.Remove)
            throw new StepException($"container {workload.Name} was made with --rm: it is gone when it has ended, and a unit could not start it again");
        string program = Sys.ReadLinkAt(Fd.Cwd, "/proc/self/exe").OrThrow("find", "/proc/self/exe");
        var unit = new StringBuilder();
        unit.Append(CultureInfo.InvariantCulture, $"# /etc/systemd/system/bulkhead-{workload.Name}.service, then: systemctl enable --now bulkhead-{workload.Name}\n");
        unit.Append(CultureInfo.InvariantCulture, $"[Unit]\nDescription=Container {workload.Name}\nAfter=local-fs.target\nRequiresMountsFor={Word(Machine.DataRoot)} {Word(options.Rootfs)}\n\n");
        unit.Append(CultureInfo.InvariantCulture, $"[Service]\nType=exec\n");
        if (Environment.GetEnvironmentVariable("BULKHEAD_DATA") is { Length: > 0 })
            unit.Append(CultureInfo.InvariantCulture, $"Environment={Word("BULKHEAD_DATA=" + Machine.DataRoot)}\n");
        // start --attach stays to the end of the container and ends as it did; on one that runs (its monitor was killed) it is attach.
        unit.Append(CultureInfo.InvariantCulture, $"ExecStart={Word(program)} start --attach {workload.Id}\nExecStop={Word(program)} stop {workload.Id}\n");
        unit.Append(CultureInfo.InvariantCulture, $"KillMode=mixed\nTimeoutStopSec={options.StopTimeout + Grace}\nSuccessExitStatus={128 + Signal.SIGTERM} {128 + options.StopSignal}\n");
        unit.Append(CultureInfo.InvariantCulture, $"Restart={Policy(options.Restart)}\n\n[Install]\nWantedBy=multi-user.target\n");
        return unit.ToString();
    }

    /// <summary>The monitor runs the program again as --restart says: the unit comes in only where the monitor itself was lost.</summary>
    private static string Policy(RestartPolicy policy) => policy.Kind is RestartKind.Always or RestartKind.UnlessStopped ? "on-failure" : "no";

    /// <summary>One word as systemd reads it: % and $ mean something to it, and a space ends it (systemd.service(5), systemd.unit(5)).</summary>
    private static string Word(string text)
    {
        string plain = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)
            .Replace("%", "%%", StringComparison.Ordinal).Replace("$", "$$", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return plain.Contains(' ', StringComparison.Ordinal) || plain != text ? "\"" + plain + "\"" : plain;
    }
}
