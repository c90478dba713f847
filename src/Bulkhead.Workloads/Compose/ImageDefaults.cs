using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Oci.Image;

namespace Bulkhead.Workloads.Compose;

/// <summary>
/// What an image says of its program (image-spec, config.md, "Conversion to OCI Runtime Configuration"), under what the flags say. Nothing in it loosens a
/// wall: an image that says root gets the fixed user, as one that says nothing.
/// </summary>
public static class ImageDefaults
{
    private const long NanosecondsPerMillisecond = 1_000_000;

    /// <summary>Where the flags begin: what they leave alone stays as the image has it.</summary>
    public static WorkloadOptions Begin(ImageOption image, ImageConfig config, string[] command)
    {
        ProgramConfig program = config.Program ?? new ProgramConfig();
        var options = new WorkloadOptions { Rootfs = image.Layers[0], Image = image, Command = command, Health = Health(program.Healthcheck) };
        if (program.StopSignal is not { Length: > 0 } signal)
            return options;
        return Signals.TryParse(signal, out int number) && number > 0
            ? options with { StopSignal = number }
            : throw new StepException($"{image.Name}: its stop signal '{signal}' is not known: say another by --stop-signal");
    }

    /// <summary>The flags' options over the image's.</summary>
    public static WorkloadOptions Merge(WorkloadOptions flags, ImageConfig config)
    {
        ProgramConfig program = config.Program ?? new ProgramConfig();
        string[] command = flags.Command.Length > 0 || flags.Entrypoint is not null ? flags.Command : program.Cmd ?? [];
        return flags with
        {
            Command = flags.Entrypoint is null ? [.. program.Entrypoint ?? [], .. command] : command,
            Env = [.. Variables(program.Env ?? [], flags.Image!.Name), .. flags.Env],
            WorkingDirectory = flags.WorkingDirectory ?? Directory(program.WorkingDirectory),
            User = flags.User ?? (flags.AsRoot || flags.Privileged || IsRoot(program.User) ? null : program.User),
            Labels = Labels(program.Labels, flags.Labels),
            Mounts = [.. flags.Mounts, .. Volumes(program.Volumes?.Keys, flags)],
        };
    }

    /// <summary>Also of those that root of the image's passwd file would be: the id counts there, at the start.</summary>
    private static bool IsRoot(string? user) => user is null or "" || user.Split(':')[0] is "0" or "root";

    private static string? Directory(string? path) => path is not { Length: > 0 } ? null : path.StartsWith('/') ? path : "/" + path;

    private static List<string> Variables(string[] variables, string image)
    {
        var result = new List<string>();
        foreach (string variable in variables)
        {
            if (variable.IndexOf('=', StringComparison.Ordinal) <= 0 || variable.Contains('\0', StringComparison.Ordinal))
                throw new StepException($"{image}: its variable '{variable}' is not NAME=VALUE");
            result.Add(variable);
        }
        return result;
    }

    private static KeyValuePair<string, string>[] Labels(Dictionary<string, string>? image, KeyValuePair<string, string>[] flags)
    {
        var result = new List<KeyValuePair<string, string>>();
        foreach (KeyValuePair<string, string> label in image ?? [])
        {
            if (!Array.Exists(flags, own => own.Key == label.Key))
                result.Add(label);
        }
        result.AddRange(flags);
        return result.ToArray();
    }

    /// <summary>A volume without a name for each place that no flag mounts something at.</summary>
    private static List<VolumeOption> Volumes(IEnumerable<string>? targets, WorkloadOptions flags)
    {
        var result = new List<VolumeOption>();
        foreach (string target in targets ?? [])
        {
            string path = target.Length > 1 ? target.TrimEnd('/') : target;
            if (!path.StartsWith('/') || path.Length == 1 || Array.IndexOf(path.Split('/'), "..") >= 0)
                throw new StepException($"{flags.Image!.Name}: its volume '{target}' is not an absolute path inside");
            if (!Array.Exists(flags.Mounts, mount => mount.Target == path))
                result.Add(new VolumeOption { Kind = VolumeKind.Volume, Source = WorkloadStore.NewId(), Anonymous = true, Target = path });
        }
        return result;
    }

    /// <summary>Null: none, or NONE.</summary>
    private static HealthOptions? Health(Healthcheck? check)
    {
        if (check?.Test is not { Length: > 1 } test || test[0] is not ("CMD" or "CMD-SHELL"))
            return null;
        var defaults = new HealthOptions { Command = string.Join(' ', test[1..]), Words = test[0] == "CMD" ? test[1..] : null };
        return defaults with
        {
            Interval = Time(check.Interval, defaults.Interval),
            Timeout = Time(check.Timeout, defaults.Timeout),
            StartPeriod = Time(check.StartPeriod, defaults.StartPeriod),
            StartInterval = Time(check.StartInterval, defaults.StartInterval),
            Retries = check.Retries > 0 ? check.Retries : defaults.Retries,
        };
    }

    private static int Time(long nanoseconds, int otherwise) =>
        nanoseconds <= 0 ? otherwise : (int)Math.Clamp(nanoseconds / NanosecondsPerMillisecond, 1, int.MaxValue);
}
