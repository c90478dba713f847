using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel;

/// <summary>What the sandbox's first guest process is.</summary>
internal sealed record KernelOptions
{
    private const int CapabilitySets = 5, SchedulerValues = 3;

    /// <summary>Directory of the host that is the guest's root.</summary>
    public string Root { get; init; } = "/";

    public required string[] Args { get; init; }

    public string[] Env { get; init; } = [];

    public string Cwd { get; init; } = "/";

    public uint Uid { get; init; }

    public uint Gid { get; init; }

    public uint[] Groups { get; init; } = [];

    /// <summary>Bit n is capability n, in the guest: the bounding, effective, permitted, inheritable and ambient set.</summary>
    public ulong[] Capabilities { get; init; } = new ulong[CapabilitySets];

    /// <summary>Resource number, soft and hard limit.</summary>
    public (int Resource, ulong Soft, ulong Hard)[] Limits { get; init; } = [];

    public uint Umask { get; init; } = 0x12; // 0022

    /// <summary>Null: what the sandbox around it has.</summary>
    public string? Hostname { get; init; }

    public string? Domainname { get; init; }

    /// <summary>oom_score_adj, personality(2), the ioprio_set(2) argument, and policy, priority and nice value of sched(7): what the host has set for its process.</summary>
    public int OomScoreAdj { get; init; }

    public uint Personality { get; init; }

    public int IoPriority { get; init; }

    public int[] Scheduler { get; init; } = new int[SchedulerValues];

    /// <summary>A seccomp filter as struct sock_filter array; empty: none.</summary>
    public byte[] Seccomp { get; init; } = [];

    /// <summary>Values of /proc/sys, by path below it.</summary>
    public (string Path, string Value)[] Sysctls { get; init; } = [];

    /// <summary>How many descriptors from 3 on the first process gets besides its streams.</summary>
    public int Files { get; init; }

    /// <summary>The signals that the first process begins with blocked; bit n - 1 is signal n.</summary>
    public ulong Blocked { get; init; }

    /// <summary>Standard streams are a terminal that the guest controls.</summary>
    public bool Terminal { get; init; }

    public bool NoNewPrivileges { get; init; } = true;

    /// <summary>Call sites that trap again and again become jumps into the gate.</summary>
    public bool Rewriting { get; init; } = true;

    /// <summary>Mount points beneath which nobody but this kernel changes anything.</summary>
    public string[] Exclusive { get; init; } = [];

    /// <summary>Who waits for a hand-over looks before it sleeps; without, both sides only sleep (bench/handover.sh).</summary>
    public bool Looks { get; init; } = true;

    /// <summary>At the end it says on its standard error what was allocated, by <see cref="KernelCounts"/>: for tests and measurements.</summary>
    public bool CountAllocations { get; init; }

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

    /// <summary>The nice value that this process has of its caller, for the guest that it stands for; one that was asked for stays.</summary>
    public static string[] WithNice(string[] words)
    {
        const string Usual = "0:0:0";
        const long ZeroNice = 20; // getpriority(2), "C library/kernel differences"
        int at = Array.IndexOf(words, "--scheduler") + 1;
        if (at == 0 || at >= words.Length || words[at] != Usual)
            return words;
        words[at] = string.Create(CultureInfo.InvariantCulture, $"0:0:{ZeroNice - Sys.Direct(SysNr.getpriority, 0, 0)}");
        return words;
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
                "--exclusive" => options with { Exclusive = [.. options.Exclusive, value] },
                "--looks" => options with { Looks = value != "0" },
                "--rewriting" => options with { Rewriting = value != "0" },
                "--cwd" => options with { Cwd = value },
                "--uid" => options with { Uid = Number(value) },
                "--gid" => options with { Gid = Number(value) },
                "--groups" => options with { Groups = Array.ConvertAll(value.Split(',', StringSplitOptions.RemoveEmptyEntries), Number) },
                "--umask" => options with { Umask = Number(value) },
                "--hostname" => options with { Hostname = value },
                "--domainname" => options with { Domainname = value },
                "--no-new-privileges" => options with { NoNewPrivileges = value == "1" },
                "--oom-score-adj" => options with { OomScoreAdj = Signed(value) },
                "--personality" => options with { Personality = Number(value) },
                "--io-priority" => options with { IoPriority = Signed(value) },
                "--scheduler" => options with { Scheduler = Many(value, SchedulerValues, Signed) },
                "--seccomp" => options with { Seccomp = Convert.FromBase64String(value) },
                "--sysctl" => options with { Sysctls = [.. options.Sysctls, Pair(value)] },
                "--files" => options with { Files = (int)Number(value) },
                "--terminal" => options with { Terminal = value == "1" },
                "--capabilities" => options with { Capabilities = Many(value, CapabilitySets, Wide) },
                "--limit" => options with { Limits = [.. options.Limits, Limit(value)] },
                "--blocked" => options with { Blocked = Wide(value) },
                "--control" => options with { Control = (int)Number(value) },
                "--count-allocations" => options with { CountAllocations = value == "1" },
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
        ulong[] parts = Many(text, 3, Wide);
        return ((int)parts[0], parts[1], parts[2]);
    }

    /// <summary>As many values with colons between them.</summary>
    private static T[] Many<T>(string text, int count, Converter<string, T> one)
    {
        string[] parts = text.Split(':');
        return parts.Length == count ? Array.ConvertAll(parts, one) : throw new FormatException($"bulkhead-kernel: {count} values are wanted, not {text}");
    }

    /// <summary>PATH=VALUE.</summary>
    private static (string, string) Pair(string text)
    {
        int at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0 ? (text[..at], text[(at + 1)..]) : throw new FormatException("bulkhead-kernel: --sysctl " + text);
    }

    private static ulong Wide(string text) => ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static int Signed(string text) => int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private static uint Number(string text) => uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
