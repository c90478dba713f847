namespace Bulkhead.Folders;

/// <summary>One row of the table of entrypoints: a server, started by its image's script, and a client that works with it.</summary>
/// <param name="Name">The row's name.</param>
/// <param name="Script">In Entrypoints/.</param>
/// <param name="Flags">Of run; @D is a data folder of the host's, which belongs to 1234:2345.</param>
/// <param name="Command">What the image runs.</param>
/// <param name="Ready">Shell, inside: succeeds when the server answers.</param>
/// <param name="Work">Shell, inside: the client.</param>
/// <param name="Wanted">What the client says; null: the server does not run.</param>
/// <param name="Says">For the document.</param>
public sealed record Entrypoint(string Name, string Script, string Flags, string Command, string Ready, string Work, string? Wanted, string Says)
{
    /// <summary>Of the data folder's owner's, on the host, once the work is done; null: none.</summary>
    public string? Kept { get; init; }

    /// <summary>In what the server said before it gave up.</summary>
    public string Error { get; init; } = "";

    /// <summary>Flags in the document.</summary>
    public string Shown => Flags.Replace("@D", "FOLDER", System.StringComparison.Ordinal);
}
