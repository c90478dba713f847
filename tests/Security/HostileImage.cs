using System;
using System.Text.Json.Nodes;

namespace Bulkhead.Security;

/// <summary>A root file system with a trap on it, and the configuration that would walk into it.</summary>
/// <param name="Id">Id of the escape table, a point, and a name.</param>
/// <param name="Title">What the image tries.</param>
/// <param name="Trap">The path in the image that leads out of it where the host follows it.</param>
/// <param name="Target">Where the link leads to; {outside} is a folder of the host, {up} the way to it by "..".</param>
internal sealed record HostileImage(string Id, string Title, string Trap, string Target)
{
    public string Cve { get; init; } = "";

    /// <summary>Part of the message by which create refuses; empty: the container runs and is harmless.</summary>
    public string Refusal { get; init; } = "";

    /// <summary>What the container's command prints when it is harmless.</summary>
    public string Shows { get; init; } = "";

    /// <summary>A shell script for the container.</summary>
    public string Script { get; init; } = "true";

    public bool Terminal { get; init; }

    /// <summary>The same for exec, where that differs.</summary>
    public string ExecScript
    {
        get => field ?? Script;
        init;
    }

    /// <summary>What it prints in the user kernel, whose /dev and /proc are not the image's, where that differs.</summary>
    public string ShowsInUserKernel
    {
        get => field ?? Shows;
        init;
    }

    /// <summary>By this the user kernel refuses it; empty: it is no other than the runtime.</summary>
    public string UserKernelRefusal { get; init; } = "";

    /// <summary>The script for the user kernel, where that differs.</summary>
    public string UserKernelScript
    {
        get => field ?? Script;
        init;
    }

    public string ShownIn(Tier tier) => tier == Tier.UserKernel ? ShowsInUserKernel : Shows;

    public string RefusalIn(Tier tier) => tier == Tier.UserKernel && UserKernelRefusal.Length > 0 ? UserKernelRefusal : Refusal;

    public Action<JsonObject> Configure { get; init; } = _ => { };
}
