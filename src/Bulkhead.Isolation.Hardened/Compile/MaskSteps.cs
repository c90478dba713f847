using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Isolation.Hardened.Compile;

/// <summary>maskedPaths and readonlyPaths: both by descriptor; what an image puts in their way is refused (CVE-2025-31133).</summary>
internal sealed class MaskSteps(CompileContext context, SandboxPlan plan, RootPaths paths, MountSteps mounts)
{
    private const int CloneFlags = Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC | Fcntl.AT_EMPTY_PATH;
    private const int StatSize = 144, StatModeOffset = 24;
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

    /// <param name="hostNull">A detached mount of the host's /dev/null, checked to be character device 1:3.</param>
    public void Mask(Fd hostNull)
    {
        if (plan.MaskedPaths.Length == 0)
            return;
        program.Step("make an empty directory for masked paths");
        Slot tmpfs = mounts.NewFileSystem("tmpfs", "tmpfs", ["size=0k", "nr_inodes=1"], 0,
            Mount.MOUNT_ATTR_RDONLY | Mount.MOUNT_ATTR_NOSUID | Mount.MOUNT_ATTR_NODEV | Mount.MOUNT_ATTR_NOEXEC);
        context.Use(hostNull);
        ulong empty = program.Text(""), stat = program.Reserve(StatSize);
        foreach (string path in plan.MaskedPaths)
        {
            program.Step("mask", path);
            Label directory = program.NewLabel(), move = program.NewLabel(), done = program.NewLabel();
            int mark = program.Mark();
            Slot place = paths.Open(program.NewSlot(), path);
            program.Accept(Errno.ENOENT, Errno.ENOTDIR, then: done);
            Slot cover = program.NewSlot();
            program.Call(SysNr.fstat, place, stat);
            program.JumpIf(stat + StatModeOffset, StatMode.S_IFMT, StatMode.S_IFDIR, directory);
            program.CallInto(cover, SysNr.open_tree, hostNull, empty, CloneFlags);
            program.Jump(move);
            program.Place(directory);
            program.CallInto(cover, SysNr.open_tree, tmpfs, empty, CloneFlags);
            program.Place(move);
            mounts.Move(cover, place);
            context.Close(cover);
            context.Close(place);
            program.Place(done);
            program.Release(mark);
        }
        context.Close(tmpfs);
    }
}
