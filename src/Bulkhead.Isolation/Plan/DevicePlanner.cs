using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Plan;

internal static class DevicePlanner
{
    private const uint DefaultMode = StatMode.S_IFCHR | 0x1B6; // 0666

    /// <summary>The nodes that every container has (runtime-spec, config-linux "Default Devices").</summary>
    private static readonly (string Path, uint Major, uint Minor)[] Defaults =
    [
        ("/dev/null", 1, 3), ("/dev/zero", 1, 5), ("/dev/full", 1, 7), ("/dev/random", 1, 8), ("/dev/urandom", 1, 9), ("/dev/tty", 5, 0),
    ];

    /// <summary>False when the caller binds a /dev of its own: then its nodes are the caller's, as in runc.</summary>
    public static bool OwnDev(Oci.Mount[] mounts)
    {
        foreach (Oci.Mount mount in mounts)
        {
            if (mount.Destination.TrimEnd('/') == "/dev" && IsBind(mount))
                return false;
        }
        return true;
    }

    public static DevicePlan[] Plan(LinuxConfig linux, bool userNamespace, List<Fd> opened)
    {
        var plans = new List<DevicePlan>(Defaults.Length + linux.Devices.Length);
        foreach (LinuxDevice device in linux.Devices)
            plans.Add(PlanOne(device, userNamespace, opened));
        foreach ((string path, uint major, uint minor) in Defaults)
        {
            if (!Has(linux.Devices, path))
                plans.Add(Make(path, DefaultMode, major, minor, 0, 0, userNamespace, opened));
        }
        return plans.ToArray();
    }

    private static bool IsBind(Oci.Mount mount) =>
        mount.Type == "bind" || Array.IndexOf(mount.Options, "bind") >= 0 || Array.IndexOf(mount.Options, "rbind") >= 0;

    private static bool Has(LinuxDevice[] devices, string path)
    {
        foreach (LinuxDevice device in devices)
        {
            if (device.Path == path)
                return true;
        }
        return false;
    }

    private static DevicePlan PlanOne(LinuxDevice device, bool userNamespace, List<Fd> opened)
    {
        uint type = device.Type switch { "b" => StatMode.S_IFBLK, "p" => StatMode.S_IFIFO, _ => StatMode.S_IFCHR };
        uint mode = type | ((device.FileMode ?? 0x1B6) & 0xFFF);
        bool bind = userNamespace && type != StatMode.S_IFIFO;
        return Make(device.Path, mode, (uint)device.Major, (uint)device.Minor, device.Uid ?? 0, device.Gid ?? 0, bind, opened);
    }

    private static DevicePlan Make(string path, uint mode, uint major, uint minor, uint uid, uint gid, bool bind, List<Fd> opened) => new()
    {
        Path = path,
        Mode = mode,
        Major = major,
        Minor = minor,
        Uid = uid,
        Gid = gid,
        HostNode = bind ? OpenNode(path, mode, major, minor, opened) : null,
    };

    /// <summary>mknod(2) is refused in a user namespace: the host's node of that name is bound, if it is the right one.</summary>
    private static Fd OpenNode(string path, uint mode, uint major, uint minor, List<Fd> opened)
    {
        Fd node = HostDevices.Clone(path, mode, major, minor);
        opened.Add(node);
        return node;
    }
}
