using Bulkhead.Linux;
using Abi = Bulkhead.Linux.Abi.Mount;

namespace Bulkhead.Oci;

/// <summary>The section `mounts`.</summary>
public static partial class ConfigValidator
{
    private const int MaxMountData = 4095; // mount(2): one page with its NUL

    private static void Mounts(RuntimeConfig config, Scope scope)
    {
        for (int i = 0; i < config.Mounts.Length; i++)
            Mount(config, config.Mounts[i], i, scope);
    }

    private static void Mount(RuntimeConfig config, Mount mount, int i, Scope scope)
    {
        if (mount.Destination.Length == 0)
            throw scope.Refuse($"$.mounts[{i}].destination", "is missing; give the path in the container");
        if (mount.Destination.Contains('\0') || (mount.Source?.Contains('\0') ?? false) || (mount.Type?.Contains('\0') ?? false))
            throw scope.Refuse($"$.mounts[{i}]", "has a NUL byte");
        MountSpec spec = default;
        int data = 0;
        bool inlineMap = false;
        for (int o = 0; o < mount.Options.Length; o++)
        {
            string option = mount.Options[o];
            if (option.Contains('\0'))
                throw scope.Refuse($"$.mounts[{i}].options[{o}]", "has a NUL byte");
            if (MountOptions.TryApply(option, ref spec))
                continue;
            if (MountOptions.TryInlineIdMap(option, out _, out _))
            {
                inlineMap = true;
                continue;
            }
            data += option.Length + 1;
        }
        if (data > MaxMountData)
            throw scope.Refuse($"$.mounts[{i}].options", $"is longer than {MaxMountData} bytes, more than mount(2) takes");
        Unsupported(spec, inlineMap, i, scope);
        if ((spec.Flags & Abi.MS_REMOUNT) != 0)
            Remount(spec, data, i, scope);
        else if (spec.Bind)
            BindMount(mount, i, scope);
        else
            FreshMount(mount, spec, i, scope);
        IdMappedMount(config, mount, spec, i, scope);
    }

    private static void Unsupported(in MountSpec spec, bool inlineMap, int i, Scope scope)
    {
        string? name = inlineMap ? "idmap=" : spec.CopySymlink ? "copy-symlink" : spec.SrcNoFollow ? "src-nofollow" : spec.DestNoFollow ? "dest-nofollow" : null;
        if (name is not null)
            throw scope.Refuse($"$.mounts[{i}].options", $"{name} is an option of crun that this runtime does not support");
    }

    /// <summary>mount_setattr(2) on what is mounted there: the file system below may be shared with others, its options stay.</summary>
    private static void Remount(in MountSpec spec, int data, int i, Scope scope)
    {
        const ulong OfFileSystem = Abi.MS_SYNCHRONOUS | Abi.MS_DIRSYNC | Abi.MS_MANDLOCK | Abi.MS_LAZYTIME | Abi.MS_I_VERSION;
        if (data > 0 || ((spec.Flags | spec.ClearedFlags) & OfFileSystem) != 0)
            throw scope.Refuse($"$.mounts[{i}].options", "remount changes attributes of the mount, as ro and nosuid, not options of its file system");
        if (spec.IdMap || spec.TmpCopyUp)
            throw scope.Refuse($"$.mounts[{i}].options", "remount goes with neither idmap nor tmpcopyup");
    }

    private static void BindMount(Mount mount, int i, Scope scope)
    {
        if (string.IsNullOrEmpty(mount.Source))
            throw scope.Refuse($"$.mounts[{i}].source", "is missing; a bind mount needs the path that it shows");
    }

    private static void FreshMount(Mount mount, in MountSpec spec, int i, Scope scope)
    {
        if (mount.Type is null)
            throw scope.Refuse($"$.mounts[{i}].type", "is missing; give the file system's type, or the option \"rbind\"");
        if (mount.Type is "bind" or "rbind")
            throw scope.Refuse($"$.mounts[{i}].options", $"type {mount.Type} needs the option \"bind\" or \"rbind\"");
        if (spec.TmpCopyUp && mount.Type != "tmpfs")
            throw scope.Refuse($"$.mounts[{i}].options", $"tmpcopyup is for tmpfs, not for {mount.Type}");
    }

    private static void IdMappedMount(RuntimeConfig config, Mount mount, in MountSpec spec, int i, Scope scope)
    {
        bool own = mount.UidMappings.Length != 0 || mount.GidMappings.Length != 0;
        if (!own && !spec.IdMap)
            return;
        if (!spec.Bind)
            throw scope.Refuse($"$.mounts[{i}]", "only a bind mount can be idmapped; add the option \"rbind\"");
        if (scope.Is(ValidateOptions.Rootless))
            throw scope.Refuse($"$.mounts[{i}]", "an idmapped mount needs a caller that is root");
        if (own && (mount.UidMappings.Length == 0 || mount.GidMappings.Length == 0))
            throw scope.Refuse($"$.mounts[{i}]", "needs both uidMappings and gidMappings");
        if (!own && (!scope.Has(NamespaceKinds.User) || (scope.IsNew(NamespaceKinds.User) && config.Linux!.UidMappings.Length == 0)))
            throw scope.Refuse($"$.mounts[{i}]", "idmap needs uidMappings and gidMappings, its own or the user namespace's");
        Mappings(mount.UidMappings, $"$.mounts[{i}].uidMappings", scope);
        Mappings(mount.GidMappings, $"$.mounts[{i}].gidMappings", scope);
    }
}
