using System;

namespace Bulkhead.Security;

/// <summary>Defences that a configuration or an option can take away, one by one.</summary>
[Flags]
internal enum Layers
{
    None = 0,
    Seccomp = 1 << 0,
    Capabilities = 1 << 1,
    NoNewPrivileges = 1 << 2,
    DeviceRules = 1 << 3,
    CgroupReadOnly = 1 << 4,
    CgroupNamespace = 1 << 5,
    SysReadOnly = 1 << 6,
    ReadonlyPaths = 1 << 7,
    MaskedPaths = 1 << 8,
    PidNamespace = 1 << 9,
    SessionKeyring = 1 << 10,
    PrivateMounts = 1 << 11,
    EmptyInheritable = 1 << 12,
    ClosedDescriptors = 1 << 13,
    ReadOnlyRoot = 1 << 14,
    NoDevices = 1 << 15,
    All = (1 << 16) - 1,
}
