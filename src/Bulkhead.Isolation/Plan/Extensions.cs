using Bulkhead.Oci;

namespace Bulkhead.Isolation.Plan;

/// <summary>
/// What the runtime specification has no field for, as annotations: so that it is in the configuration, for every caller and for exec. Each
/// of them only tightens.
/// </summary>
public static class Extensions
{
    /// <summary>"true": the root file system is mounted with the container's id mappings.</summary>
    public const string RootIdMap = "dev.bulkhead.root.idmap";

    public static bool Has(RuntimeConfig config, string name)
    {
        foreach ((string key, string value) in config.Annotations)
        {
            if (key == name)
                return value == "true";
        }
        return false;
    }
}
