using System;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.Conformance;

/// <summary>A shared mount of the host with a tmpfs "sub" in it, both with folders "late" and "inner" for later mounts; gone at the end.</summary>
internal sealed class SharedFolder : IDisposable
{
    public SharedFolder(string path)
    {
        Path = Directory.CreateDirectory(path).FullName;
        Command.Run("mount", "-t", "tmpfs", "outer", Path).Ok();
        Command.Run("mount", "--make-shared", Path).Ok();
        MakeFolders(Path);
        Directory.CreateDirectory(Path + "/sub");
        Mount("sub");
        MakeFolders(Path + "/sub");
    }

    public string Path { get; }

    /// <summary>Mounts a tmpfs with a file that holds the folder's name.</summary>
    public void Mount(string name)
    {
        Command.Run("mount", "-t", "tmpfs", "of-the-host", Path + "/" + name).Ok();
        File.WriteAllText($"{Path}/{name}/file", name);
    }

    /// <summary>Whether the host has a mount there.</summary>
    public bool IsMounted(string name) => File.ReadAllText("/proc/self/mountinfo").Contains($" {Path}/{name} ", StringComparison.Ordinal);

    public void Dispose() => Command.Run("umount", "-R", "-l", Path).Ok();

    private static void MakeFolders(string path)
    {
        Directory.CreateDirectory(path + "/late");
        Directory.CreateDirectory(path + "/inner");
    }
}
