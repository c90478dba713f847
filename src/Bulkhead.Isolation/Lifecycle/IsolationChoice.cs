using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>Which tier a container asks for: by annotation, or by the name that the runtime was called by.</summary>
public static class IsolationChoice
{
    public const string Annotation = "dev.bulkhead.isolation";

    /// <summary>"hardened", "userkernel" or "microvm": "auto" is the first for now.</summary>
    public static string Of(RuntimeConfig config, string programName) => Asked(config, programName) switch
    {
        "auto" or "hardened" => "hardened",
        "userkernel" => "userkernel",
        "microvm" => "microvm",
        string other => throw new StepException($"$.annotations['{Annotation}']: '{other}' is none of hardened, userkernel, microvm, auto"),
    };

    /// <summary>As policy orders them.</summary>
    public static IsolationTier Tier(string name) => name switch
    {
        "userkernel" => IsolationTier.UserKernel,
        "microvm" => IsolationTier.MicroVm,
        _ => IsolationTier.Hardened,
    };

    private static string Asked(RuntimeConfig config, string programName)
    {
        foreach (KeyValuePair<string, string> annotation in config.Annotations)
        {
            if (annotation.Key == Annotation)
                return annotation.Value;
        }
        string name = programName[(programName.LastIndexOf('/') + 1)..];
        return name switch
        {
            "bulkhead-userkernel" => "userkernel",
            "bulkhead-microvm" => "microvm",
            _ => "auto",
        };
    }
}
