using System.Collections.Generic;
using System.Globalization;
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

    /// <summary>Sockets of an activation (sd_listen_fds(3)): the first process learns their number.</summary>
    public int ListenFds { get; init; }
}

/// <summary>From a validated configuration within policy to a plan: names become numbers, host paths become descriptors.</summary>
public static class PlanBuilder
{
    public static SandboxPlan Build(RuntimeConfig config, PlanRequest request, JudgedSources sources)
    {
        LinuxConfig linux = config.Linux ?? new LinuxConfig();
        var opened = new List<Fd>();
        var warnings = new List<string>();
        try
        {
            NamespacePlan namespaces = NamespacePlanner.Plan(linux, opened);
            RootPlan root = RootPlanner.Plan(config, request, namespaces, opened);
            MountPlan[] mounts = MountPlanner.Plan(config, request, sources, root, namespaces, opened, warnings);
            if ((linux.Resources?.Memory?.Kernel ?? 0) != 0)
                warnings.Add("$.linux.resources.memory.kernel: the kernel has no such limit any more, so nothing is limited");
            bool userNamespace = namespaces.Has(Sched.CLONE_NEWUSER);
            if (config.Process is not null && request.ListenFds > 0)
                config.Process.Env = [.. config.Process.Env, string.Create(CultureInfo.InvariantCulture, $"LISTEN_FDS={request.ListenFds}"), "LISTEN_PID=1"];
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
                Process = config.Process is { } process ? ProcessPlanner.Plan(process, config, exec: false, userNamespace, warnings: warnings) : null,
                Hooks = config.Hooks ?? new Hooks(),
                Annotations = config.Annotations,
                Cgroup = new CgroupPlan
                {
                    Path = linux.CgroupsPath ?? "",
                    Systemd = request.SystemdCgroup,
                    Resources = ResourceMapper.ForCreate(linux.Resources),
                },
                NetDevices = NetDevices(linux.NetDevices),
                Warnings = warnings.ToArray(),
                NewKeyring = !request.NoNewKeyring,
            };
        }
        catch
        {
            foreach (Fd fd in opened)
                fd.Dispose();
            throw;
        }
    }

    private static KeyValuePair<string, string>[] Sysctls(KeyValuePair<string, string>[] sysctls)
    {
        var result = new KeyValuePair<string, string>[sysctls.Length];
        for (int i = 0; i < sysctls.Length; i++)
            result[i] = new(SysctlKey.ToPath(sysctls[i].Key), sysctls[i].Value);
        return result;
    }

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
