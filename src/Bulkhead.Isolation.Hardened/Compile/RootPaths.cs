using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Isolation.Hardened.Compile;

/// <summary>
/// Paths of the container, resolved by openat2(2) with RESOLVE_IN_ROOT: no symbolic link of the image leads out of it, and what was
/// resolved is a descriptor, so nothing can be swapped before the mount (CVE-2021-30465, CVE-2024-0132).
/// </summary>
internal sealed class RootPaths
{
    private const uint DirectoryMode = 0x1ED; // 0755
    private const uint FileMode = StatMode.S_IFREG | 0x1A4; // 0644

    private readonly SpawnProgram program;
    private readonly Arg root;
    private readonly ulong directoryHow;
    private readonly ulong anyHow;
    private readonly ulong noFollowHow;

    /// <param name="program">The program to add to.</param>
    /// <param name="root">The root's descriptor, or AT_FDCWD's absolute paths once the process stands in the root: then "/" works too.</param>
    public RootPaths(SpawnProgram program, Arg root)
    {
        this.program = program;
        this.root = root;
        directoryHow = How(Fcntl.O_PATH | Fcntl.O_DIRECTORY);
        anyHow = How(Fcntl.O_PATH);
        noFollowHow = How(Fcntl.O_PATH | Fcntl.O_NOFOLLOW);
    }

    /// <summary>Opens an existing path into <paramref name="result"/>. The op may be given errors to accept.</summary>
    public Slot Open(Slot result, string path, bool follow = true) => Open(result, path, follow ? anyHow : noFollowHow);

    /// <summary>Opens for use, not only as a place: reading a tty, listing a directory.</summary>
    public Slot OpenWith(Slot result, string path, int flags) => Open(result, path, How(flags));

    /// <summary>Opens a mount point, making it and its parents where they are missing.</summary>
    public Slot OpenOrMake(Slot result, string path, bool directory, bool follow = true)
    {
        Label make = program.NewLabel(), done = program.NewLabel();
        Open(result, path, follow);
        program.Accept(Errno.ENOENT, then: make);
        program.Jump(done);
        program.Place(make);
        int mark = program.Mark();
        Slot parent = OpenOrMakeParent(path, out string name);
        if (directory)
            program.Call(SysNr.mkdirat, parent, program.Text(name), DirectoryMode);
        else
            program.Call(SysNr.mknodat, parent, program.Text(name), FileMode);
        program.Accept(Errno.EEXIST);
        program.Call(SysNr.close, parent);
        program.Release(mark);
        Open(result, path, follow);
        program.Place(done);
        return result;
    }

    /// <summary>Opens the directory that holds <paramref name="path"/>, making what is missing of it.</summary>
    public Slot OpenOrMakeParent(string path, out string name)
    {
        string[] parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        name = parts.Length == 0 ? "." : parts[^1];
        Slot parent = Open(program.NewSlot(), "/", directoryHow);
        Slot next = program.NewSlot();
        string prefix = "";
        for (int i = 0; i < parts.Length - 1; i++)
        {
            prefix += "/" + parts[i];
            Label make = program.NewLabel(), have = program.NewLabel();
            Open(next, prefix, directoryHow);
            program.Accept(Errno.ENOENT, then: make);
            program.Jump(have);
            program.Place(make);
            program.Call(SysNr.mkdirat, parent, program.Text(parts[i]), DirectoryMode);
            program.Accept(Errno.EEXIST);
            Open(next, prefix, directoryHow);
            program.Place(have);
            program.Call(SysNr.close, parent);
            program.Set(parent, next);
        }
        return parent;
    }

    private Slot Open(Slot result, string path, ulong how)
    {
        program.CallInto(result, SysNr.openat2, root, program.Text(path), how, OpenHowSize);
        return result;
    }

    private const int OpenHowSize = 24;

    private ulong How(int flags) => program.Struct(new open_how
    {
        flags = (ulong)(uint)(flags | Fcntl.O_CLOEXEC),
        resolve = Fcntl.RESOLVE_IN_ROOT | Fcntl.RESOLVE_NO_MAGICLINKS,
    });
}
