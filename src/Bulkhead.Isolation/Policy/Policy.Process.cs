using System;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Isolation;

/// <summary>Rules about a process: user, capabilities, no_new_privs.</summary>
public sealed partial class Policy
{
    private void Process(Process process, string path, RuntimeConfig config)
    {
        User(process, path, config);
        AllCapabilities(process, path);
        if (CapabilitiesAllowed is not null && process.Capabilities is not null)
            LimitCapabilities(process.Capabilities, path);
        if (NoNewPrivileges is null || NoNewPrivileges.Action == RuleAction.Allow || process.NoNewPrivileges)
            return;
        if (NoNewPrivileges.Action == RuleAction.Refuse)
            throw Denied(NoNewPrivileges, $"{path}.noNewPrivileges is not true");
        process.NoNewPrivileges = true;
    }

    private void User(Process process, string path, RuntimeConfig config)
    {
        if (RootUser is null || RootUser.Action == RuleAction.Allow || process.User.Uid != 0)
            return;
        if (RootUser.Action == RuleAction.Refuse)
            throw Denied(RootUser, $"{path}.user.uid is 0");
        if (!IsRootOfOwnUsers(config.Linux))
            throw Denied(RootUser, $"{path}.user.uid is 0, which is the host's root; give the container a user namespace");
    }

    private static bool IsRootOfOwnUsers(LinuxConfig? linux)
    {
        if (linux is null)
            return false;
        foreach (LinuxNamespace ns in linux.Namespaces)
        {
            if (ns.Type != "user")
                continue;
            if (ns.Path is not null)
                return !HostNamespace.IsHost(ns);
            foreach (LinuxIdMapping mapping in linux.UidMappings)
            {
                if (mapping.HostId == 0)
                    return false;
            }
            return true;
        }
        return false;
    }

    private void AllCapabilities(Process process, string path)
    {
        if (Privileged is null || Privileged.Action == RuleAction.Allow || process.Capabilities is null)
            return;
        ulong all = Capabilities.UpTo(Capabilities.Count - 1);
        LinuxCapabilities sets = process.Capabilities;
        if (Mask(sets.Bounding) == all || Mask(sets.Permitted) == all || Mask(sets.Effective) == all)
            throw Denied(Privileged, $"{path}.capabilities holds every capability");
    }

    private static ulong Mask(string[] names)
    {
        ulong mask = 0;
        foreach (string name in names)
        {
            if (Capabilities.TryParse(name, out int number))
                mask |= 1ul << number;
        }
        return mask;
    }

    private void LimitCapabilities(LinuxCapabilities sets, string path)
    {
        sets.Bounding = Limit(sets.Bounding, path + ".capabilities.bounding");
        sets.Effective = Limit(sets.Effective, path + ".capabilities.effective");
        sets.Inheritable = Limit(sets.Inheritable, path + ".capabilities.inheritable");
        sets.Permitted = Limit(sets.Permitted, path + ".capabilities.permitted");
        sets.Ambient = Limit(sets.Ambient, path + ".capabilities.ambient");
    }

    private string[] Limit(string[] names, string path)
    {
        var kept = new string[names.Length];
        int count = 0;
        foreach (string name in names)
        {
            if (System.Array.IndexOf(CapabilitiesAllowed!.Values, name) >= 0)
                kept[count++] = name;
            else if (CapabilitiesExcess?.Action == RuleAction.Refuse)
                throw Denied(CapabilitiesAllowed, $"{path} holds {name}");
        }
        System.Array.Resize(ref kept, count);
        return kept;
    }

    private void Devices(RuntimeConfig config)
    {
        if (Privileged is null || Privileged.Action == RuleAction.Allow || config.Linux?.Resources is null)
            return;
        LinuxDeviceCgroup[] rules = config.Linux.Resources.Devices;
        for (int i = 0; i < rules.Length; i++)
        {
            LinuxDeviceCgroup rule = rules[i];
            bool every = rule.Major is null or -1 && rule.Minor is null or -1;

            // Docker and containerd allow mknod of any device ("m"), which without r and w opens nothing.
            if (rule.Allow && every && rule.Access!.AsSpan().ContainsAny('r', 'w'))
                throw Denied(Privileged, $"$.linux.resources.devices[{i}] allows every device");
        }
    }
}
