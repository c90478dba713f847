using Bulkhead.UserKernel.Files;

namespace Bulkhead.UserKernel.Vfs;

/// <summary>What CLONE_FS shares: working directory, root and umask.</summary>
internal sealed class FileSystemState
{
    private int users = 1;

    /// <summary>Absolute, without links, as it was entered.</summary>
    public required string Cwd { get; set; }

    /// <summary>The working directory itself, which may be renamed or removed; null: one of the kernel's own trees.</summary>
    public OpenFile? Directory { get; private set; }

    /// <summary>How many changes of the tree <see cref="Cwd"/> takes into account.</summary>
    public long SeenChanges { get; set; }

    /// <summary>chroot(2): absolute, "/" for the sandbox's own.</summary>
    public string Root { get; set; } = "/";

    public uint Umask { get; set; }

    /// <summary>Takes over the reference.</summary>
    public void Enter(string path, OpenFile? directory, long changes)
    {
        Directory?.Release();
        (Cwd, Directory, SeenChanges) = (path, directory, changes);
    }

    public FileSystemState Copy() => new() { Cwd = Cwd, Directory = Directory?.Share(), SeenChanges = SeenChanges, Root = Root, Umask = Umask };

    public FileSystemState Share()
    {
        users++;
        return this;
    }

    public void Release()
    {
        if (--users > 0)
            return;
        Directory?.Release();
        Directory = null;
    }
}
