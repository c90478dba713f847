namespace Bulkhead.Oci;

/// <summary>Commands run at points of the life cycle.</summary>
public sealed class Hooks
{
    /// <summary>Deprecated by the specification, still used by engines.</summary>
    public Hook[] Prestart { get; set; } = [];

    public Hook[] CreateRuntime { get; set; } = [];

    public Hook[] CreateContainer { get; set; } = [];

    public Hook[] StartContainer { get; set; } = [];

    public Hook[] Poststart { get; set; } = [];

    public Hook[] Poststop { get; set; } = [];
}
