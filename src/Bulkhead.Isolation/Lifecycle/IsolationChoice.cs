using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>Which tier a container asks for: by annotation, or by the name that the runtime was called by.</summary>
public static class IsolationChoice
{
    public const string Annotation = "dev.bulkhead.isolation";

    /// <summary>The only tier of this build is <paramref name="available"/>; another is refused by name, never replaced by a weaker one.</summary>
    public static void Check(RuntimeConfig config, string programName, string available)
    {
        string asked = Asked(config, programName);
        if (asked is "userkernel" or "microvm" && asked != available)
            throw new StepException($"isolation {asked} is not available in this version of bulkhead (available: {available})");
        if (asked != available && asked != "auto")
            throw new StepException($"$.annotations['{Annotation}']: '{asked}' is none of hardened, userkernel, microvm, auto");
    }

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
