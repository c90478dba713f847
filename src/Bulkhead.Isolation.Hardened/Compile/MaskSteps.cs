using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Isolation.Hardened.Compile;

/// <summary>maskedPaths and readonlyPaths: both by descriptor; what an image puts in their way is refused (CVE-2025-31133).</summary>
internal sealed class MaskSteps(CompileContext context, SandboxPlan plan, RootPaths paths, MountSteps mounts)
{
    private const int CloneFlags = Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC | Fcntl.AT_EMPTY_PATH;
    private const int StatSize = 144, StatModeOffset = 24, StatRdevOffset = 40;
    private const uint NullDevice = (1 << 8) | 3;
    private readonly SpawnProgram program = context.Program;

    public void MakeReadOnly()
    {
        ulong empty = program.Text("");
        foreach (string path in plan.ReadonlyPaths)
        {
            program.Step("make read-only", path);
            Label done = program.NewLabel();
            int mark = program.Mark();
            Slot place = paths.Open(program.NewSlot(), path);
            program.Accept(Errno.ENOENT, Errno.ENOTDIR, then: done);
            Slot copy = program.CallInto(program.NewSlot(), SysNr.open_tree, place, empty, CloneFlags | Fcntl.AT_RECURSIVE);
            mounts.SetAttributes(copy, Mount.MOUNT_ATTR_RDONLY, 0, recursive: true);
            mounts.Move(copy, place);
            context.Close(copy);
            context.Close(place);
            program.Place(done);
            program.Release(mark);
        }
    }

    /// <summary>A file is covered by the container's /dev/null, which must be character device 1:3; a directory by an empty one.</summary>
    public void Mask()
    {
        if (plan.MaskedPaths.Length == 0)
            return;
        Slot nullDevice = OpenNull();
        program.Step("make an empty directory for masked paths");
        Slot tmpfs = mounts.NewFileSystem("tmpfs", "tmpfs", ["size=0k", "nr_inodes=1"], 0,
            Mount.MOUNT_ATTR_RDONLY | Mount.MOUNT_ATTR_NOSUID | Mount.MOUNT_ATTR_NODEV | Mount.MOUNT_ATTR_NOEXEC);
        ulong attached = program.Reserve(4), stat = program.Reserve(StatSize);
        foreach (string path in plan.MaskedPaths)
        {
            program.Step("mask", path);
            Label directory = program.NewLabel(), close = program.NewLabel(), done = program.NewLabel();
            int mark = program.Mark();
            Slot place = paths.Open(program.NewSlot(), path);
            program.Accept(Errno.ENOENT, Errno.ENOTDIR, then: done);
            program.Call(SysNr.fstat, place, stat);
            program.JumpIf(stat + StatModeOffset, StatMode.S_IFMT, StatMode.S_IFDIR, directory);
            Cover(nullDevice, place);
            program.Jump(close);
            program.Place(directory);
            CoverDirectory(tmpfs, attached, place, close);
            program.Place(close);
            context.Close(place);
            program.Place(done);
            program.Release(mark);
        }
        context.Close(tmpfs);
        context.Close(nullDevice);
    }

    /// <summary>An image may have a link to a file of procfs here (CVE-2025-31133).</summary>
    private Slot OpenNull()
    {
        program.Step("check that it is the null device:", "/dev/null");
        Label isCharacter = program.NewLabel(), isNull = program.NewLabel();
        Slot fd = paths.Open(program.NewSlot(), "/dev/null", follow: false);
        ulong stat = program.Reserve(StatSize);
        program.Call(SysNr.fstat, fd, stat);
        program.JumpIf(stat + StatModeOffset, StatMode.S_IFMT, StatMode.S_IFCHR, isCharacter);
        program.Fail(Errno.ENODEV);
        program.Place(isCharacter);
        program.JumpIf(stat + StatRdevOffset, uint.MaxValue, NullDevice, isNull);
        program.Fail(Errno.ENODEV);
        program.Place(isNull);
        return fd;
    }

    private void Cover(Slot what, Slot place)
    {
        Slot copy = program.CallInto(program.NewSlot(), SysNr.open_tree, what, program.Text(""), CloneFlags);
        mounts.Move(copy, place);
        context.Close(copy);
    }

    /// <summary>A detached mount cannot be cloned (before Linux 6.15), an attached one can: the first directory takes the mount itself.</summary>
    private void CoverDirectory(Slot tmpfs, ulong attached, Slot place, Label done)
    {
        Label copy = program.NewLabel();
        program.JumpIf(attached, 1, 1, copy);
        mounts.Move(tmpfs, place);
        program.Store32(attached, 1);
        program.Jump(done);
        program.Place(copy);
        Cover(tmpfs, place);
    }
}
