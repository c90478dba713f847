using System.Collections.Generic;
using System.Linq;

namespace Bulkhead.Security;

/// <summary>How a probe enters the container.</summary>
public enum Entry
{
    Init,
    Exec,
}

/// <summary>One probe.</summary>
/// <param name="Id">Id of the escape table, a point, and the probe's own name.</param>
/// <param name="Title">What it tries.</param>
/// <param name="Layers">Each of them alone refuses it; without all of them it opens.</param>
internal sealed record Door(string Id, string Title, Layers Layers)
{
    public string Cve { get; init; } = "";

    /// <summary>Kernels without the feature refuse it with one of these even where every layer is off.</summary>
    public string[] KernelErrors { get; init; } = [];

    /// <summary>Why a kernel refuses it by itself.</summary>
    public string Kernel { get; init; } = "";

    /// <summary>Layers that exec has without any way to take them off.</summary>
    public Layers AlwaysInExec { get; init; }

    /// <summary>The container's process is user 1000.</summary>
    public bool AsUser { get; init; }

    /// <summary>The layers as single ones.</summary>
    public IEnumerable<Layers> EachLayer => System.Enum.GetValues<Layers>().Where(l => l != Layers.None && l != Layers.All && Layers.HasFlag(l));
}
