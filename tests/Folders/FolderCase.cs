namespace Bulkhead.Folders;

/// <summary>
/// One row of the matrix: something that a container does with a folder of the user 1234:2345, as the host's root runs it. $F in the host's scripts and @F
/// elsewhere is the folder's host path.
/// </summary>
/// <param name="Name">The row's name in the document and in the test's output.</param>
/// <param name="Says">What holds, for the document.</param>
/// <param name="Inside">Shell, in the container, in /data; errors are among its output.</param>
/// <param name="Wanted">The container's output, then the host's.</param>
public sealed record FolderCase(string Name, string Says, string Inside, string Wanted)
{
    /// <summary>Shell, on the host, in the folder, before.</summary>
    public string Before { get; init; } = "true";

    /// <summary>Flags of run; @F is the folder.</summary>
    public string Flags { get; init; } = "-v @F:/data";

    /// <summary>Shell, on the host, in the folder, after.</summary>
    public string After { get; init; } = "true";

    public string Owner { get; init; } = "1234:2345";

    /// <summary>In the loosenings and explanations that run prints; null: none is printed.</summary>
    public string? Explained { get; init; }

    public int ExitCode { get; init; }

    public override string ToString() => Name;
}
