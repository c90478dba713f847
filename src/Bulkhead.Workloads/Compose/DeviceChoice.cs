using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;
using Mount = Bulkhead.Oci.Mount;

namespace Bulkhead.Workloads.Compose;

/// <summary>
/// --device: a node of the same number, made in the container's own folder and owned by its user, so that the host's node keeps its permissions; and the rule of
/// the device cgroup. What SOURCE is, is looked at once, through a descriptor: the node is what was looked at.
/// </summary>
public static class DeviceChoice
{
    private const uint PrivateMode = 0x1C0, Readable = 0x100, Writable = 0x80; // 0700, 0400, 0200

    /// <summary>SOURCE[:TARGET[:ACCESS]]; ACCESS of the letters r, w and m, all when it is missing.</summary>
    public static DeviceOption Parse(string text)
    {
        string[] parts = text.Split(':');
        // The second part is a path or an access: a path begins with a slash.
        bool hasTarget = parts.Length > 1 && parts[1].StartsWith('/');
        string source = parts[0], target = hasTarget ? parts[1] : source;
        string access = parts.Length > (hasTarget ? 2 : 1) ? parts[^1] : "rwm";
        bool good = parts.Length <= (hasTarget ? 3 : 2) && source.StartsWith('/') && target.Trim('/').Length > 0 && IsAccess(access) && Array.IndexOf(target.Split('/'), "..") < 0;
        if (!good)
            throw new StepException($"--device: '{text}' is not SOURCE[:TARGET[:ACCESS]] with absolute paths (not the root itself) and an access of r, w and m");
        Look(source).Dispose();
        return new DeviceOption(source, target.TrimEnd('/'), access);
    }

    internal static void Add(List<Mount> mounts, WorkloadOptions options, ProcessUser user, uint firstId, WorkloadFolder folder)
    {
        if (options.Devices.Length == 0)
            return;
        Trees.Remove(folder.DevicesPath);
        Require(Sys.MkdirAt(Fd.Cwd, folder.DevicesPath, PrivateMode), folder.DevicesPath);
        for (int i = 0; i < options.Devices.Length; i++)
        {
            DeviceOption device = options.Devices[i];
            using Fd source = Look(device.Source);
            stat status = Sys.Fstat(source).OrThrow("look at the device", device.Source);
            string path = folder.DevicesPath + "/" + i.ToString(CultureInfo.InvariantCulture);
            uint mode = (device.Access.Contains('r', StringComparison.Ordinal) ? Readable : 0) | (device.Access.Contains('w', StringComparison.Ordinal) ? Writable : 0);
            Require(Sys.MknodAt(Fd.Cwd, path, (status.st_mode & StatMode.S_IFMT) | mode, status.st_rdev), path);
            Require(Sys.ChownAt(Fd.Cwd, path, firstId + user.Uid, firstId + user.Gid, Fcntl.AT_SYMLINK_NOFOLLOW), path);
            mounts.Add(DefaultMounts.Make(device.Target, "none", path, "bind", "nosuid", "noexec", "dev", "rw", "private"));
        }
    }

    internal static LinuxDeviceCgroup[] Rules(WorkloadOptions options)
    {
        // Nothing but the runtime's own few nodes, which it allows by itself.
        var rules = new List<LinuxDeviceCgroup> { new() { Allow = options.Privileged, Access = "rwm" } };
        foreach (DeviceOption device in options.Devices)
        {
            using Fd source = Look(device.Source);
            stat status = Sys.Fstat(source).OrThrow("look at the device", device.Source);
            (uint major, uint minor) = Number(status.st_rdev);
            rules.Add(new LinuxDeviceCgroup { Allow = true, Type = (status.st_mode & StatMode.S_IFMT) == StatMode.S_IFBLK ? "b" : "c", Major = major, Minor = minor, Access = device.Access });
        }
        return rules.ToArray();
    }

    /// <summary>The kernel's encoding of a device number (makedev(3)).</summary>
    private static (uint Major, uint Minor) Number(ulong device) => ((uint)((device >> 8) & 0xfff), (uint)((device & 0xff) | ((device >> 12) & 0xfff00)));

    private static bool IsAccess(string text) => text.Length is > 0 and <= 3 && text.AsSpan().IndexOfAnyExcept("rwm") < 0;

    private static Fd Look(string path)
    {
        Fd node = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_PATH).OrThrow("--device: open", path);
        if ((Sys.Fstat(node).OrThrow("look at", path).st_mode & StatMode.S_IFMT) is StatMode.S_IFCHR or StatMode.S_IFBLK)
            return node;
        node.Dispose();
        throw new StepException($"--device: {path} is no device");
    }

    private static void Require(Errno error, string path)
    {
        if (error != Errno.None)
            throw new StepException("make a device node for the container", error, path);
    }
}
