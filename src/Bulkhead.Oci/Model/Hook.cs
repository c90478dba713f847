namespace Bulkhead.Oci;

/// <summary>One hook.</summary>
public sealed class Hook
{
    /// <summary>Absolute.</summary>
    public string Path { get; set; } = "";

    /// <summary>As argv, with argv[0]; empty: the path alone.</summary>
    public string[] Args { get; set; } = [];

    public string[] Env { get; set; } = [];

    /// <summary>Seconds.</summary>
    public int? Timeout { get; set; }
}
