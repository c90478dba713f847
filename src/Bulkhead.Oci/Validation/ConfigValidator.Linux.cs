using System;
using System.Collections.Generic;
using Bulkhead.Linux;

namespace Bulkhead.Oci;

/// <summary>The section `linux`.</summary>
public static partial class ConfigValidator
{
    private const int MaxMappings = 340; // user_namespaces(7), Linux 4.15

    private static void Linux(LinuxConfig linux, Scope scope)
    {
        Namespaces(linux.Namespaces, scope);
        UserMappings(linux, scope);
        TimeOffsets(linux, scope);
        Sysctls(linux, scope);
        Devices(linux.Devices, scope);
        NetDevices(linux.NetDevices, scope);
        Paths(linux.MaskedPaths, "$.linux.maskedPaths", scope);
        Paths(linux.ReadonlyPaths, "$.linux.readonlyPaths", scope);
        Propagation(linux.RootfsPropagation, scope);
        CgroupsPath(linux.CgroupsPath, scope);
        if (linux.Seccomp is not null)
            Seccomp(linux.Seccomp, scope);
        if (linux.Resources is not null)
            Resources(linux.Resources, "$.linux.resources", scope);
        if (linux.Personality is not null)
            Personality(linux.Personality, scope);
        if (linux.MemoryPolicy is not null)
            MemoryPolicy(linux.MemoryPolicy, scope);
        if (linux.IntelRdt is not null)
            throw scope.Refuse("$.linux.intelRdt", "Intel RDT (resctrl) is not supported; remove the section");
        scope.NoNul(linux.MountLabel, "$.linux.mountLabel");
    }

    private static void Namespaces(LinuxNamespace[] namespaces, Scope scope)
    {
        NamespaceKinds seen = NamespaceKinds.None;
        for (int i = 0; i < namespaces.Length; i++)
        {
            LinuxNamespace ns = namespaces[i];
            NamespaceKinds kind = Names.Namespace(ns.Type);
            if (kind == NamespaceKinds.None)
                throw scope.Refuse($"$.linux.namespaces[{i}].type", $"\"{ns.Type}\" is not pid, network, mount, ipc, uts, user, cgroup or time");
            if ((seen & kind) != 0)
                throw scope.Refuse($"$.linux.namespaces[{i}].type", $"{ns.Type} stands twice");
            seen |= kind;
            if (ns.Path is not null && (ns.Path[0] != '/' || ns.Path.Contains('\0')))
                scope.Absolute(ns.Path, $"$.linux.namespaces[{i}].path");
        }
    }

    private static void UserMappings(LinuxConfig linux, Scope scope)
    {
        bool any = linux.UidMappings.Length != 0 || linux.GidMappings.Length != 0;
        if (!scope.Has(NamespaceKinds.User))
        {
            if (any)
                throw scope.Refuse(linux.UidMappings.Length != 0 ? "$.linux.uidMappings" : "$.linux.gidMappings", "needs {\"type\": \"user\"} in $.linux.namespaces");
            if (scope.Is(ValidateOptions.Rootless))
                throw scope.Refuse("$.linux.namespaces", "a caller that is not root needs {\"type\": \"user\"}");
            return;
        }
        Mappings(linux.UidMappings, "$.linux.uidMappings", scope);
        Mappings(linux.GidMappings, "$.linux.gidMappings", scope);
        // Without root the caller may have one id only, which its process needs: then its capabilities are kept over exec as ambient ones.
        if (!scope.IsNew(NamespaceKinds.User) || scope.Is(ValidateOptions.Rootless))
            return;

        // runc makes mounts and devices as the namespace's root: so do we.
        if (!IsMapped(linux.UidMappings, 0))
            throw scope.Refuse("$.linux.uidMappings", "must map the container's id 0 for a new user namespace");
        if (!IsMapped(linux.GidMappings, 0))
            throw scope.Refuse("$.linux.gidMappings", "must map the container's id 0 for a new user namespace");
    }

    /// <summary>What the kernel asks of a map (user_namespaces(7)): no empty, overflowing or overlapping range.</summary>
    private static void Mappings(LinuxIdMapping[] mappings, string path, Scope scope)
    {
        if (mappings.Length > MaxMappings)
            throw scope.Refuse(path, $"has more than {MaxMappings} ranges");
        for (int i = 0; i < mappings.Length; i++)
        {
            LinuxIdMapping a = mappings[i];
            if (a.Size == 0)
                throw scope.Refuse($"{path}[{i}].size", "must be above 0");
            if ((ulong)a.ContainerId + a.Size > uint.MaxValue || (ulong)a.HostId + a.Size > uint.MaxValue)
                throw scope.Refuse($"{path}[{i}]", "goes beyond the last id 4294967294");
            for (int j = 0; j < i; j++)
            {
                LinuxIdMapping b = mappings[j];
                if (Overlap(a.ContainerId, b.ContainerId, a.Size, b.Size) || Overlap(a.HostId, b.HostId, a.Size, b.Size))
                    throw scope.Refuse($"{path}[{i}]", $"overlaps with range {j}");
            }
        }
    }

    private static bool Overlap(uint a, uint b, uint aSize, uint bSize) => (ulong)a < (ulong)b + bSize && (ulong)b < (ulong)a + aSize;

    private static void TimeOffsets(LinuxConfig linux, Scope scope)
    {
        if (linux.TimeOffsets.Length == 0)
            return;
        if (!scope.Has(NamespaceKinds.Time))
            throw scope.Refuse("$.linux.timeOffsets", "needs {\"type\": \"time\"} in $.linux.namespaces");
        if (!scope.IsNew(NamespaceKinds.Time))
            throw scope.Refuse("$.linux.timeOffsets", "cannot change a time namespace that is joined by its path");
        foreach (var (clock, offset) in linux.TimeOffsets)
        {
            if (Names.TimeClock(clock) < 0)
                throw scope.Refuse("$.linux.timeOffsets" + JsonPath.Segment(clock), "is not monotonic or boottime");
            if (offset.Nanosecs >= 1_000_000_000)
                throw scope.Refuse($"$.linux.timeOffsets.{clock}.nanosecs", $"{offset.Nanosecs} is not below 1000000000");
        }
    }

    private static void Devices(LinuxDevice[] devices, Scope scope)
    {
        for (int i = 0; i < devices.Length; i++)
        {
            LinuxDevice device = devices[i];
            if (device.Path.Length == 0 || device.Path[0] != '/' || device.Path.Contains('\0'))
                scope.Absolute(device.Path, $"$.linux.devices[{i}].path");
            if (device.Type is not ("c" or "u" or "b" or "p"))
                throw scope.Refuse($"$.linux.devices[{i}].type", $"\"{device.Type}\" is not c, u, b or p");

            // Linux has 12 bits for the major and 20 for the minor number; mknod(2) would cut larger ones to another device.
            if (device.Type != "p" && device.Major is < 0 or > 4095)
                throw scope.Refuse($"$.linux.devices[{i}].major", $"{device.Major} is not between 0 and 4095");
            if (device.Type != "p" && device.Minor is < 0 or > 1048575)
                throw scope.Refuse($"$.linux.devices[{i}].minor", $"{device.Minor} is not between 0 and 1048575");
        }
    }

    private static void NetDevices(KeyValuePair<string, LinuxNetDevice>[] devices, Scope scope)
    {
        if (devices.Length == 0)
            return;
        if (!scope.Has(NamespaceKinds.Network))
            throw scope.Refuse("$.linux.netDevices", "needs {\"type\": \"network\"} in $.linux.namespaces");
        if (scope.Is(ValidateOptions.Rootless))
            throw scope.Refuse("$.linux.netDevices", "needs a caller that is root");
        for (int i = 0; i < devices.Length; i++)
        {
            string path = "$.linux.netDevices" + JsonPath.Segment(devices[i].Key);
            if (!Names.IsNetworkDevice(devices[i].Key))
                throw scope.Refuse(path, "is no name of a network device");
            string name = devices[i].Value.Name ?? devices[i].Key;
            if (!Names.IsNetworkDevice(name))
                throw scope.Refuse(path + ".name", $"\"{name}\" is no name of a network device");
            for (int j = 0; j < i; j++)
            {
                if (name == (devices[j].Value.Name ?? devices[j].Key))
                    throw scope.Refuse(path, $"two devices would be called {name}");
            }
        }
    }

    private static void Paths(string[] paths, string path, Scope scope)
    {
        if (paths.Length != 0 && !scope.Has(NamespaceKinds.Mount))
            throw scope.Refuse(path, "would change the host's mounts; add {\"type\": \"mount\"} to $.linux.namespaces");
        for (int i = 0; i < paths.Length; i++)
        {
            if (paths[i].Length == 0 || paths[i][0] != '/' || paths[i].Contains('\0'))
                scope.Absolute(paths[i], $"{path}[{i}]");
        }
    }

    private static void Propagation(string? propagation, Scope scope)
    {
        if (propagation is null)
            return;
        ulong flags = MountOptions.ParsePropagation(propagation);
        if (flags == 0)
            throw scope.Refuse("$.linux.rootfsPropagation", $"\"{propagation}\" is not [r]private, [r]slave, [r]shared or [r]unbindable");
        if (scope.Is(ValidateOptions.NoPivot) && (flags & Bulkhead.Linux.Abi.Mount.MS_PRIVATE) != 0)
            throw scope.Refuse("$.linux.rootfsPropagation", "[r]private is not safe with --no-pivot");
    }

    private static void CgroupsPath(string? cgroupsPath, Scope scope)
    {
        if (cgroupsPath is null)
            return;
        scope.NoNul(cgroupsPath, "$.linux.cgroupsPath");
        if (!scope.Is(ValidateOptions.SystemdCgroup))
            return;
        if (cgroupsPath.AsSpan().Count(':') != 2)
            throw scope.Refuse("$.linux.cgroupsPath", $"\"{cgroupsPath}\" is not slice:prefix:name, which --systemd-cgroup needs");
    }

    private static void Personality(LinuxPersonality personality, Scope scope)
    {
        if (!Scheduling.TryParsePersonality(personality.Domain, out _))
            throw scope.Refuse("$.linux.personality.domain", $"\"{personality.Domain}\" is not LINUX or LINUX32");
        if (personality.Flags.Length != 0)
            throw scope.Refuse("$.linux.personality.flags", "the specification defines none; remove it");
    }

    private static void MemoryPolicy(LinuxMemoryPolicy policy, Scope scope)
    {
        if (!Scheduling.TryParseMemoryMode(policy.Mode, out _))
            throw scope.Refuse("$.linux.memoryPolicy.mode", $"\"{policy.Mode}\" is not a mode of set_mempolicy(2), as MPOL_BIND");
        if (policy.Nodes is not null && !CpuList.IsValid(policy.Nodes))
            throw scope.Refuse("$.linux.memoryPolicy.nodes", $"\"{policy.Nodes}\" is not a list of nodes, as 0-1");
        if (policy.Nodes is not null && policy.Mode is "MPOL_DEFAULT" or "MPOL_LOCAL")
            throw scope.Refuse("$.linux.memoryPolicy.nodes", $"must be empty for {policy.Mode}");
        if (policy.Nodes is null && policy.Mode is not ("MPOL_DEFAULT" or "MPOL_LOCAL" or "MPOL_PREFERRED"))
            throw scope.Refuse("$.linux.memoryPolicy.nodes", $"must not be empty for {policy.Mode}");
        for (int i = 0; i < policy.Flags.Length; i++)
        {
            if (!Scheduling.TryParseMemoryFlag(policy.Flags[i], out _))
                throw scope.Refuse($"$.linux.memoryPolicy.flags[{i}]", $"\"{policy.Flags[i]}\" is not a flag of set_mempolicy(2)");
        }
    }
}
