namespace Bulkhead.UserKernel.Vfs;

/// <summary>What CLONE_FS shares: working directory and umask.</summary>
internal sealed class FileSystemState
{
    /// <summary>Absolute, without links, as it was entered.</summary>
    public required string Cwd { get; set; }

    /// <summary>chroot(2): absolute, "/" for the sandbox's own.</summary>
    public string Root { get; set; } = "/";

    public uint Umask { get; set; }

    public FileSystemState Copy() => new() { Cwd = Cwd, Root = Root, Umask = Umask };
}
