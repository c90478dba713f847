using System;

namespace Bulkhead.Oci;

/// <summary>The namespaces of a config as a set.</summary>
[Flags]
public enum NamespaceKinds
{
    None = 0,
    Pid = 1,
    Network = 2,
    Mount = 4,
    Ipc = 8,
    Uts = 16,
    User = 32,
    Cgroup = 64,
    Time = 128,
}
