using System;
using System.Collections.Generic;
using System.Globalization;

namespace Bulkhead.UserKernel;

/// <summary>What the sandbox's first guest process is.</summary>
internal sealed record KernelOptions
{
    /// <summary>Directory of the host that is the guest's root.</summary>
    public string Root { get; init; } = "/";

    public required string[] Args { get; init; }

    public string[] Env { get; init; } = [];

    public string Cwd { get; init; } = "/";

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public uint[] Groups { get; init; } = [];

    /// <summary>Bit n is capability n, in the guest.</summary>
    public ulong Capabilities { get; init; }

    /// <summary>Those of them that its programs inherit (capabilities(7), "Ambient").</summary>
    public ulong Ambient { get; init; }

    /// <summary>Resource number, soft and hard limit.</summary>
    public (int Resource, ulong Soft, ulong Hard)[] Limits { get; init; } = [];

    public uint Umask { get; init; } = 0x12; // 0022

    public string Hostname { get; init; } = "bulkhead";

    /// <summary>Standard streams are a terminal that the guest controls.</summary>
    public bool Terminal { get; init; }

    public bool NoNewPrivileges { get; init; } = true;

    /// <summary>A socket whose datagrams are orders for further processes; below 0: none.</summary>
    public int Control { get; init; } = -1;

    /// <summary>
    /// A command line with what the process's own environment has for the guest: variables @0, @1 and so on, whose names the managed runtime does
    /// not know.
    /// </summary>
    public static string[] WithEnvironment(string[] args)
    {
        int end = Array.IndexOf(args, "--");
        var words = new List<string>(args[..Math.Max(end, 0)]);
        for (int i = 0; Environment.GetEnvironmentVariable(string.Create(CultureInfo.InvariantCulture, $"@{i}")) is { } variable; i++)
        {
            words.Add("--env");
            words.Add(variable);
        }
        words.AddRange(args[Math.Max(end, 0)..]);
        return [.. words];
    }

    /// <summary>The words of a command line, or of an order to a running kernel.</summary>
    /// <exception cref="FormatException">A word is not known, or there is no program.</exception>
    public static KernelOptions Parse(string[] args)
    {
        var env = new List<string>();
        var options = new KernelOptions { Args = [] };
        for (int i = 0; i < args.Length; i++)
        {
            if (args[i] == "--")
                return args.Length > i + 1 ? options with { Args = args[(i + 1)..], Env = [.. env] } : throw new FormatException("bulkhead-kernel: no program after --");
            string value = i + 1 < args.Length ? args[i + 1] : throw new FormatException("bulkhead-kernel: no value after " + args[i]);
            options = args[i++] switch
            {
                "--root" => options with { Root = value },
                "--cwd" => options with { Cwd = value },
                "--uid" => options with { Uid = Number(value) },
                "--gid" => options with { Gid = Number(value) },
                "--groups" => options with { Groups = Array.ConvertAll(value.Split(',', StringSplitOptions.RemoveEmptyEntries), Number) },
                "--umask" => options with { Umask = Number(value) },
                "--hostname" => options with { Hostname = value },
                "--terminal" => options with { Terminal = value == "1" },
                "--capabilities" => options with { Capabilities = ulong.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture) },
                "--ambient" => options with { Ambient = ulong.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture) },
                "--limit" => options with { Limits = [.. options.Limits, Limit(value)] },
                "--control" => options with { Control = (int)Number(value) },
                "--env" => Add(env, value, options),
                _ => throw new FormatException("bulkhead-kernel: unknown option " + args[i - 1]),
            };
        }
        throw new FormatException("bulkhead-kernel: it is started by bulkhead, not by hand: [--root DIR] [--env K=V] -- PROGRAM [ARG...]");
    }

    private static KernelOptions Add(List<string> env, string value, KernelOptions options)
    {
        env.Add(value);
        return options;
    }

    /// <summary>RESOURCE:SOFT:HARD.</summary>
    private static (int, ulong, ulong) Limit(string text)
    {
        ulong[] parts = Array.ConvertAll(text.Split(':'), part => ulong.Parse(part, NumberStyles.None, CultureInfo.InvariantCulture));
        return parts.Length == 3 ? ((int)parts[0], parts[1], parts[2]) : throw new FormatException("bulkhead-kernel: --limit " + text);
    }

    private static uint Number(string text) => uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
