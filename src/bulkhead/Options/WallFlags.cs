using System;
using System.CommandLine;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Compose;
using Bulkhead.Workloads.Compose.Seccomp;

namespace Bulkhead.Cli.Options;

/// <summary>What stands between the program and the host: each of these but --read-only and --cap-drop is a loosening.</summary>
internal sealed class WallFlags : FlagGroup
{
    private readonly Option<bool> asRoot, writable, readOnly, privileged;
    private readonly Option<string[]> capAdd, capDrop, device, security, sysctl;
    private readonly Option<string> isolation, network, uts, fileAccess, fileAccessMounts;

    public WallFlags()
    {
        asRoot = Add<bool>("--as-root", "loosening: run as root of the container's own user namespace");
        writable = Add<bool>("--writable", "loosening: let it write to its root file system");
        readOnly = Add<bool>("--read-only", "no writes to the root file system: that is the default");
        privileged = Add<bool>("--privileged", "loosening: no walls but namespaces");
        capAdd = Add<string[]>("--cap-add", "loosening: give a capability, or ALL", "CAPABILITY");
        device = Add<string[]>("--device", "loosening: give a device of the host's", "SOURCE[:TARGET[:rwm]]");
        capDrop = Add<string[]>("--cap-drop", "take a capability away, or ALL", "CAPABILITY");
        security = Add<string[]>("--security-opt", "loosening: seccomp=unconfined|FILE, seccomp-allow=CALL, landlock=off", "OPTION");
        sysctl = Add<string[]>("--sysctl", "set a kernel parameter of its namespaces", "NAME=VALUE");
        isolation = Add<string>("--isolation", "tier: auto (default), hardened, or userkernel (experimental); microvm is not there yet", "TIER");
        fileAccess = Add<string>("--file-access", "userkernel: exclusive (default): nobody else changes the root file system meanwhile, or shared", "ACCESS");
        fileAccessMounts = Add<string>("--file-access-mounts", "userkernel: the same of volumes: shared (default), or exclusive", "ACCESS");
        uts = Add<string>("--uts", "private (default), or host: a loosening", "host");
        network = Add<string>("--network", "none (default), host or container:NAME; the last two are loosenings", "NETWORK", "--net");
    }

    public override WorkloadOptions Read(ParseResult parsed, WorkloadOptions options)
    {
        if (parsed.GetValue(writable) && parsed.GetValue(readOnly))
            throw new StepException("--writable and --read-only exclude each other");
        string? tier = Isolation(parsed.GetValue(isolation) ?? "auto");
        return options with
        {
            AsRoot = parsed.GetValue(asRoot),
            Writable = parsed.GetValue(writable),
            Privileged = parsed.GetValue(privileged),
            CapAdd = parsed.GetValue(capAdd) ?? [],
            Devices = Array.ConvertAll(parsed.GetValue(device) ?? [], DeviceChoice.Parse),
            CapDrop = parsed.GetValue(capDrop) ?? [],
            SecurityOptions = Array.ConvertAll(Array.FindAll(parsed.GetValue(security) ?? [], IsMore), SeccompChoice.Normalize),
            Sysctls = Array.ConvertAll(parsed.GetValue(sysctl) ?? [], text => Words.Pair(text, "--sysctl")),
            Isolation = tier,
            // Only a kernel of our own has something to keep; other tiers ask the host each time.
            FileAccess = Access(parsed.GetValue(fileAccess), "--file-access") ?? (tier is null ? null : Extensions.Exclusive),
            FileAccessMounts = Access(parsed.GetValue(fileAccessMounts), "--file-access-mounts"),
            HostUts = Uts(parsed.GetValue(uts)),
            Network = Network(parsed.GetValue(network) ?? "none"),
        };
    }

    private static bool Uts(string? text) => text switch
    {
        null or "private" => false,
        "host" => true,
        _ => throw new StepException($"--uts: '{text}' is not private or host"),
    };

    private static string? Access(string? text, string flag) => text is null or Extensions.Exclusive or Extensions.Shared ? text : throw new StepException($"{flag}: '{text}' is not exclusive or shared");

    /// <summary>no-new-privileges is the default. What is not known is refused: it might be meant to harden.</summary>
    private static bool IsMore(string option)
    {
        if (option is "no-new-privileges" or "no-new-privileges=true" or "no-new-privileges:true")
            return false;
        bool known = option == "landlock=off" || option.StartsWith("seccomp=", StringComparison.Ordinal) || option.StartsWith("seccomp-allow=", StringComparison.Ordinal);
        return known ? true : throw new StepException($"--security-opt: '{option}' is not one of seccomp=, seccomp-allow=, landlock=off, no-new-privileges (AppArmor and SELinux labels are not there yet)");
    }

    /// <summary>container:NAME becomes the namespace of its first process, now: it must run.</summary>
    private static string Network(string text)
    {
        if (text is "none" or "host")
            return text;
        if (text.StartsWith("container:", StringComparison.Ordinal))
            return Workload.Find(text[10..]).RequireRunning() is { } other ? "container:" + other.Id : text;
        throw new StepException($"--network: '{text}' is not none, host or container:NAME (bridges are not there yet)");
    }

    /// <summary>Who asks for a wall that is not there must not get a weaker one.</summary>
    private static string? Isolation(string tier) => tier switch
    {
        "auto" or "hardened" => null,
        "userkernel" => tier,
        "microvm" => throw new StepException($"--isolation {tier}: this tier is not there yet: hardened and userkernel are"),
        _ => throw new StepException($"--isolation: '{tier}' is no tier: give hardened, userkernel, microvm or auto"),
    };
}
