using System;

namespace Bulkhead.Security;

internal static class LayerNames
{
    /// <summary>One layer in words.</summary>
    public static string Of(Layers layer) => layer switch
    {
        Layers.Seccomp => "seccomp",
        Layers.Capabilities => "capabilities",
        Layers.NoNewPrivileges => "no_new_privs",
        Layers.DeviceRules => "device rules",
        Layers.CgroupReadOnly => "read-only cgroupfs",
        Layers.CgroupNamespace => "cgroup namespace",
        Layers.SysReadOnly => "read-only sysfs",
        Layers.ReadonlyPaths => "readonlyPaths",
        Layers.MaskedPaths => "maskedPaths",
        Layers.PidNamespace => "pid namespace",
        Layers.SessionKeyring => "new session keyring",
        Layers.PrivateMounts => "private mounts",
        Layers.EmptyInheritable => "empty inheritable set",
        Layers.ClosedDescriptors => "closed descriptors",
        Layers.ReadOnlyRoot => "read-only root",
        Layers.NoDevices => "nodev",
        _ => throw new ArgumentOutOfRangeException(nameof(layer), layer, "not one layer"),
    };
}
