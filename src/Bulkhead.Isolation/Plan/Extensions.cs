using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Plan;

/// <summary>
/// What the runtime specification has no field for, as annotations: so that it is in the configuration, for every caller and for exec. None
/// gives a container more than its root file system and mounts give it already.
/// </summary>
public static class Extensions
{
    /// <summary>"true": the root file system is mounted with the container's id mappings.</summary>
    public const string RootIdMap = "dev.bulkhead.root.idmap";

    /// <summary>
    /// An absolute path of a directory with "upper" and "work": the root file system becomes an overlay whose writes go there.
    /// </summary>
    public const string RootUpper = "dev.bulkhead.root.upper";

    /// <summary>
    /// Absolute paths, from the topmost down, with ":" between them: directories below that of $.root.path, which is the top layer of an overlay then.
    /// Whiteouts and opaque directories are as overlayfs has them.
    /// </summary>
    public const string RootLayers = "dev.bulkhead.root.layers";

    /// <summary><see cref="LandlockDefault"/>: the container's processes may write only below its writable mounts, by landlock(7) too.</summary>
    public const string Landlock = "dev.bulkhead.landlock";

    public const string LandlockDefault = "default";

    /// <summary>
    /// "true": the container's first program begins with every signal blocked. For one that takes them by sigwait(3): what is sent before it has said
    /// so waits for it, and is not lost, as it is for a first process without a handler (pid_namespaces(7)).
    /// </summary>
    public const string SignalsBlocked = "dev.bulkhead.signals.blocked";

    /// <summary>
    /// <see cref="Exclusive"/> or <see cref="Shared"/>: does anybody but the container change its root file system while it runs? A kernel of our own may
    /// keep what it knows of names and attributes when nobody does.
    /// </summary>
    public const string FileAccess = "dev.bulkhead.file-access";

    /// <summary>The same of its bind mounts.</summary>
    public const string FileAccessMounts = "dev.bulkhead.file-access-mounts";

    public const string Exclusive = "exclusive", Shared = "shared";

    /// <summary>What <see cref="RootLayers"/> names; none: the root file system is one directory.</summary>
    /// <exception cref="StepException">A path is not absolute, or they are too many.</exception>
    public static string[] LayersOf(RuntimeConfig config)
    {
        if (Get(config, RootLayers) is not { Length: > 0 } text)
            return [];
        string[] layers = text.Split(':');
        if (layers.Length >= OverlayMount.MaxLayers)
            throw new StepException($"$.annotations[\"{RootLayers}\"]: {layers.Length} layers: an overlay takes {OverlayMount.MaxLayers} at most");
        foreach (string layer in layers)
        {
            if (!layer.StartsWith('/'))
                throw new StepException($"$.annotations[\"{RootLayers}\"]: '{layer}' is not an absolute path");
        }
        return layers;
    }

    public static bool Has(RuntimeConfig config, string name) => Get(config, name) == "true";

    /// <summary>Null when the annotation is not there.</summary>
    public static string? Get(RuntimeConfig config, string name)
    {
        foreach ((string key, string value) in config.Annotations)
        {
            if (key == name)
                return value;
        }
        return null;
    }
}
