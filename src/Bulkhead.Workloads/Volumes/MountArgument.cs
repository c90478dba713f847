using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Workloads.Volumes;

/// <summary>The three notations of a mount on a command line, as Docker has them: --volume, --mount and --tmpfs.</summary>
public static class MountArgument
{
    private static readonly string[] Propagations = ["private", "rprivate", "slave", "rslave", "shared", "rshared"];

    /// <summary>SOURCE:TARGET[:OPTIONS] or TARGET alone. A relative source begins with . or ..; a word alone is a volume's name.</summary>
    public static VolumeOption Volume(string text)
    {
        string[] parts = text.Split(':');
        if (parts.Length > 3 || parts[0].Length == 0)
            throw Bad("--volume", text, "write SOURCE:TARGET or SOURCE:TARGET:OPTIONS");
        if (parts.Length == 1)
            return new VolumeOption { Kind = VolumeKind.Volume, Source = WorkloadStore.NewId(), Anonymous = true, Target = Target("--volume", text, text) };
        bool bind = parts[0].StartsWith('/') || parts[0].StartsWith('.');
        if (!bind)
            VolumeStore.CheckName(parts[0]);
        var volume = new VolumeOption
        {
            Kind = bind ? VolumeKind.Bind : VolumeKind.Volume,
            Source = bind ? Absolute(parts[0]) : parts[0],
            Target = Target("--volume", text, parts[1]),
        };
        foreach (string option in parts.Length == 3 ? parts[2].Split(',') : [])
            volume = WithOption(volume, option, text);
        return volume;
    }

    /// <summary>KEY=VALUE pairs between commas; type is volume (the default), bind or tmpfs.</summary>
    public static VolumeOption Mount(string text)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string pair in text.Split(','))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            string key = Key(equals < 0 ? pair : pair[..equals]) ?? throw Bad("--mount", text, $"'{pair}' is not known");
            if (!values.TryAdd(key, equals < 0 ? "true" : pair[(equals + 1)..]))
                throw Bad("--mount", text, $"{key} is given twice");
        }
        string target = Target("--mount", text, values.GetValueOrDefault("target") ?? throw Bad("--mount", text, "target is missing"));
        return (values.GetValueOrDefault("type") ?? "volume") switch
        {
            "bind" => Bind(values, target, text),
            "tmpfs" => TmpfsOf(values, target, text),
            "volume" => VolumeOf(values, target, text),
            string type => throw Bad("--mount", text, $"type '{type}' is not bind, volume or tmpfs"),
        };
    }

    /// <summary>TARGET[:OPTIONS] with size=, mode=, ro, rw, exec, noexec.</summary>
    public static VolumeOption Tmpfs(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        var volume = new VolumeOption { Kind = VolumeKind.Tmpfs, Target = Target("--tmpfs", text, colon < 0 ? text : text[..colon]) };
        foreach (string option in colon < 0 ? [] : text[(colon + 1)..].Split(','))
        {
            volume = option switch
            {
                "ro" => volume with { ReadOnly = true },
                "exec" => volume with { Exec = true },
                "rw" or "noexec" or "nosuid" or "nodev" => volume,
                _ when option.StartsWith("size=", StringComparison.Ordinal) => volume with { Size = Size("--tmpfs", text, option[5..]) },
                _ when option.StartsWith("mode=", StringComparison.Ordinal) => volume with { Mode = Mode("--tmpfs", text, option[5..]) },
                _ => throw Bad("--tmpfs", text, $"'{option}' is not one of size=, mode=, ro, rw, exec, noexec (nosuid and nodev always are)"),
            };
        }
        return volume;
    }

    private static VolumeOption WithOption(VolumeOption volume, string option, string text) => option switch
    {
        "ro" or "readonly" => volume with { ReadOnly = true },
        "rw" => volume,
        "z" or "Z" => throw Bad("--volume", text, "SELinux labels are not there yet: leave out z and Z"),
        "nocopy" => volume with { NoCopy = true },
        _ when Array.IndexOf(Propagations, option) >= 0 && volume.Kind == VolumeKind.Volume => throw Bad("--volume", text, "a volume by name has no propagation"),
        _ when Array.IndexOf(Propagations, option) >= 0 => volume with { Propagation = option },
        _ => throw Bad("--volume", text, $"'{option}' is not one of ro, rw, {string.Join(", ", Propagations)}"),
    };

    private static VolumeOption Bind(Dictionary<string, string> values, string target, string text)
    {
        string source = values.GetValueOrDefault("source") is { Length: > 0 } given ? given : throw Bad("--mount", text, "source is missing");
        string? propagation = values.GetValueOrDefault("bind-propagation");
        if (propagation is not null && Array.IndexOf(Propagations, propagation) < 0)
            throw Bad("--mount", text, $"bind-propagation '{propagation}' is not one of {string.Join(", ", Propagations)}");
        if (values.ContainsKey("tmpfs-size") || values.ContainsKey("tmpfs-mode"))
            throw Bad("--mount", text, "tmpfs-size and tmpfs-mode are for type=tmpfs");
        return new VolumeOption
        {
            Kind = VolumeKind.Bind,
            Source = Absolute(source),
            Target = target,
            ReadOnly = Flag(values, "readonly", text),
            Recursive = Recursive(values, text),
            Propagation = propagation,
        };
    }

    private static VolumeOption VolumeOf(Dictionary<string, string> values, string target, string text)
    {
        foreach (string key in values.Keys)
        {
            if (key is not ("type" or "source" or "target" or "readonly" or "volume-label" or "volume-driver" or "volume-nocopy"))
                throw Bad("--mount", text, $"{key} is not for type=volume");
        }
        if (values.GetValueOrDefault("volume-driver") is not (null or "local"))
            throw Bad("--mount", text, "the only volume-driver is local");
        string? name = values.GetValueOrDefault("source");
        if (name is not null)
            VolumeStore.CheckName(name);
        string[] label = (values.GetValueOrDefault("volume-label") ?? "").Split('=', 2);
        return new VolumeOption
        {
            Kind = VolumeKind.Volume,
            Source = name ?? WorkloadStore.NewId(),
            Anonymous = name is null,
            Target = target,
            ReadOnly = Flag(values, "readonly", text),
            NoCopy = Flag(values, "volume-nocopy", text),
            Labels = label[0].Length > 0 ? [new(label[0], label.Length == 2 ? label[1] : "")] : [],
        };
    }

    private static VolumeOption TmpfsOf(Dictionary<string, string> values, string target, string text)
    {
        if (values.ContainsKey("source"))
            throw Bad("--mount", text, "a tmpfs has no source");
        var volume = new VolumeOption { Kind = VolumeKind.Tmpfs, Target = target, ReadOnly = Flag(values, "readonly", text) };
        if (values.GetValueOrDefault("tmpfs-size") is { } size)
            volume = volume with { Size = Size("--mount", text, size) };
        return values.GetValueOrDefault("tmpfs-mode") is { } mode ? volume with { Mode = Mode("--mount", text, mode) } : volume;
    }

    private static string? Key(string name) => name switch
    {
        "type" or "source" or "target" or "readonly" or "bind-propagation" or "bind-recursive" or "tmpfs-size" or "tmpfs-mode"
            or "volume-label" or "volume-driver" or "volume-nocopy" => name,
        "src" => "source",
        "dst" or "destination" => "target",
        "ro" => "readonly",
        _ => null,
    };

    private static string Target(string flag, string text, string target)
    {
        if (!target.StartsWith('/'))
            throw Bad(flag, text, $"the target '{target}' is not an absolute path");
        var path = new System.Text.StringBuilder();
        foreach (string part in target.Split('/'))
        {
            if (part == "..")
                throw Bad(flag, text, "the target has .. in it");
            if (part is not ("" or "."))
                path.Append('/').Append(part);
        }
        return path.Length > 0 ? path.ToString() : throw Bad(flag, text, "the target is the root itself");
    }

    /// <summary>Anything else than yes or no is an error: a "readonly=yes" that is passed over would be writable.</summary>
    private static bool Flag(Dictionary<string, string> values, string key, string text) => values.GetValueOrDefault(key) switch
    {
        null => false,
        "true" or "1" => true,
        "false" or "0" => false,
        string value => throw Bad("--mount", text, $"{key}={value} is neither true nor false"),
    };

    private static bool Recursive(Dictionary<string, string> values, string text) => values.GetValueOrDefault("bind-recursive") switch
    {
        null or "enabled" => true,
        "disabled" => false,
        string value => throw Bad("--mount", text, $"bind-recursive '{value}' is not enabled or disabled"),
    };

    private static string Absolute(string path) => path.StartsWith('/') ? path : Sys.WorkingDirectory().OrThrow("find the working directory") + "/" + path;

    private static long Size(string flag, string text, string size) =>
        ByteSize.TryParse(size, out long bytes) && bytes > 0 ? bytes : throw Bad(flag, text, $"'{size}' is no size (64m, 1g)");

    private static uint Mode(string flag, string text, string mode)
    {
        uint value = 0;
        foreach (char digit in mode)
            value = digit is >= '0' and <= '7' && value < 0x1000 ? value * 8 + (uint)(digit - '0') : throw Bad(flag, text, $"'{mode}' is no octal mode");
        return mode.Length > 0 && value <= 0xFFF ? value : throw Bad(flag, text, $"'{mode}' is no octal mode");
    }

    private static StepException Bad(string flag, string text, string what) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{flag} {text}: {what}"));
}
