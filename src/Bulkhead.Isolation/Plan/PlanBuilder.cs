using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Plan;

/// <summary>What the caller asks beside the configuration.</summary>
public sealed class PlanRequest
{
    public required string Id { get; init; }

    /// <summary>Absolute.</summary>
    public required string Bundle { get; init; }

    public bool SystemdCgroup { get; init; }

    public bool NoPivot { get; init; }

    public bool NoNewKeyring { get; init; }
}

/// <summary>From a validated configuration within policy to a plan: names become numbers, host paths become descriptors.</summary>
public static class PlanBuilder
{
    public static SandboxPlan Build(RuntimeConfig config, PlanRequest request)
    {
        LinuxConfig linux = config.Linux ?? new LinuxConfig();
        var opened = new List<Fd>();
        try
        {
            NamespacePlan namespaces = NamespacePlanner.Plan(linux, opened);
            RootPlan root = RootPlanner.Plan(config, request, opened);
            MountPlan[] mounts = MountPlanner.Plan(config, request, root, namespaces, opened);
            bool userNamespace = namespaces.Has(Sched.CLONE_NEWUSER);
            return new SandboxPlan
            {
                Id = request.Id,
                Bundle = request.Bundle,
                Namespaces = namespaces,
                Root = root,
                Mounts = mounts,
                Devices = DevicePlanner.Plan(linux, userNamespace, opened),
                MakeDevices = DevicePlanner.OwnDev(config.Mounts),
                MaskedPaths = linux.MaskedPaths,
                ReadonlyPaths = linux.ReadonlyPaths,
                Sysctls = Sysctls(linux.Sysctl),
                Hostname = config.Hostname is { Length: > 0 } host ? host : null,
                Domainname = config.Domainname is { Length: > 0 } domain ? domain : null,
                Personality = Personality(linux.Personality),
                Process = config.Process is { } process ? ProcessPlanner.Plan(process, linux.Seccomp, linux.MemoryPolicy) : null,
                Hooks = config.Hooks ?? new Hooks(),
                Annotations = config.Annotations,
                Cgroup = new CgroupPlan
                {
                    Path = linux.CgroupsPath ?? "",
                    Systemd = request.SystemdCgroup,
                    Resources = ResourceMapper.Map(linux.Resources),
                },
                NetDevices = NetDevices(linux.NetDevices),
                NewKeyring = !request.NoNewKeyring,
                IntelRdt = linux.IntelRdt,
            };
        }
        catch
        {
            foreach (Fd fd in opened)
                fd.Dispose();
            throw;
        }
    }

    /// <summary>"net.ipv4.ip_forward" is the path net/ipv4/ip_forward; a slash form is taken as it is (sysctl(8)).</summary>
    private static KeyValuePair<string, string>[] Sysctls(KeyValuePair<string, string>[] sysctls)
    {
        var result = new KeyValuePair<string, string>[sysctls.Length];
        for (int i = 0; i < sysctls.Length; i++)
        {
            string key = sysctls[i].Key;
            // sysctl(8): the first separator decides; with "/" first, dots belong to names ("net/ipv4/conf/eth0.1/forwarding").
            int first = key.AsSpan().IndexOfAny('.', '/');
            string path = first >= 0 && key[first] == '.' ? SwapSeparators(key) : key;
            result[i] = new(path, sysctls[i].Value);
        }
        return result;
    }

    private static string SwapSeparators(string key) => string.Create(key.Length, key, static (span, text) =>
    {
        for (int i = 0; i < span.Length; i++)
            span[i] = text[i] switch { '.' => '/', '/' => '.', char other => other };
    });

    private static uint? Personality(LinuxPersonality? personality) =>
        personality is not null && Scheduling.TryParsePersonality(personality.Domain, out uint domain) ? domain : null;

    private static KeyValuePair<string, string>[] NetDevices(KeyValuePair<string, LinuxNetDevice>[] devices)
    {
        var result = new KeyValuePair<string, string>[devices.Length];
        for (int i = 0; i < devices.Length; i++)
            result[i] = new(devices[i].Key, devices[i].Value.Name is { Length: > 0 } name ? name : devices[i].Key);
        return result;
    }
}
