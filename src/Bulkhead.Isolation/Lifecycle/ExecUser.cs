using System;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>The user of a process that is added, held against the container's id maps as validation does with the first process's.</summary>
internal static class ExecUser
{
    public static void RequireMapped(User user, LinuxConfig? linux)
    {
        if (linux is null || linux.UidMappings.Length == 0)
            return;
        if (!IsMapped(linux.UidMappings, user.Uid))
            throw new StepException($"cannot exec as user {user.Uid}: the container's user namespace has no such user id (uidMappings)");
        foreach (uint gid in (uint[])[user.Gid, .. user.AdditionalGids])
        {
            if (!IsMapped(linux.GidMappings, gid))
                throw new StepException($"cannot exec with group {gid}: the container's user namespace has no such group id (gidMappings)");
        }
    }

    private static bool IsMapped(LinuxIdMapping[] mappings, uint id) =>
        Array.Exists(mappings, mapping => id >= mapping.ContainerId && id - mapping.ContainerId < mapping.Size);
}
