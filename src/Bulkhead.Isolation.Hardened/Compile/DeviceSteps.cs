using System;
using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Isolation.Hardened.Compile;

/// <summary>The nodes and links of the container's /dev.</summary>
internal sealed class DeviceSteps(CompileContext context, SandboxPlan plan, RootPaths paths, MountSteps mounts)
{
    private const int StatSize = 144, StatModeOffset = 24, StatRdevOffset = 40;
    private readonly SpawnProgram program = context.Program;

    private static ReadOnlySpan<string> Links => new[]
    {
        "fd", "/proc/self/fd", "stdin", "/proc/self/fd/0", "stdout", "/proc/self/fd/1", "stderr", "/proc/self/fd/2",
        "ptmx", "pts/ptmx",
    };

    public void MakeAll()
    {
        if (!plan.MakeDevices)
            return;
        program.Step("open the directory of devices", "/dev");
        int mark = program.Mark();
        Slot dev = paths.OpenOrMake(program.NewSlot(), "/dev", directory: true);
        // Modes below are exact: umask(2) of the runtime's caller must not cut them.
        foreach (DevicePlan device in plan.Devices)
            MakeOne(device, dev);
        ReadOnlySpan<string> links = Links;
        for (int i = 0; i < links.Length; i += 2)
        {
            program.Step("link device", links[i]);
            program.Call(SysNr.symlinkat, program.Text(links[i + 1]), dev, program.Text(links[i]));
            program.Accept(Errno.EEXIST);
        }
        context.Close(dev);
        program.Release(mark);
    }

    private void MakeOne(DevicePlan device, Slot dev)
    {
        program.Step("make device", device.Path);
        int mark = program.Mark();
        if (device.HostNode is { } node)
        {
            Slot target = paths.OpenOrMake(program.NewSlot(), device.Path, directory: false, follow: false);
            mounts.Move(context.Use(node), target);
            context.Close(target);
        }
        else if (device.Path.StartsWith("/dev/", StringComparison.Ordinal) && device.Path.IndexOf('/', 5) < 0)
        {
            MakeNode(device, dev, device.Path[5..]);
        }
        else
        {
            Slot parent = paths.OpenOrMakeParent(device.Path, out string name);
            MakeNode(device, parent, name);
            context.Close(parent);
        }
        program.Release(mark);
    }

    private void MakeNode(DevicePlan device, Slot parent, string name)
    {
        ulong text = program.Text(name);
        Label exists = program.NewLabel(), done = program.NewLabel();
        uint number = MakeDev(device.Major, device.Minor);
        program.Call(SysNr.mknodat, parent, text, device.Mode, number);
        program.Accept(Errno.EEXIST, then: exists);
        if ((device.Uid | device.Gid) != 0)
            program.Call(SysNr.fchownat, parent, text, device.Uid, device.Gid, Fcntl.AT_SYMLINK_NOFOLLOW);
        program.Jump(done);
        program.Place(exists);
        RequireSame(device, parent, text, number, done);
        program.Place(done);
    }

    /// <summary>What the image has in the node's place must be that very node, not a link or another device.</summary>
    private void RequireSame(DevicePlan device, Slot parent, ulong name, uint number, Label done)
    {
        Label rightType = program.NewLabel();
        ulong stat = program.Reserve(StatSize);
        program.Call(SysNr.newfstatat, parent, name, stat, Fcntl.AT_SYMLINK_NOFOLLOW);
        program.JumpIf(stat + StatModeOffset, StatMode.S_IFMT, device.Mode & StatMode.S_IFMT, rightType);
        program.Fail(Errno.EEXIST);
        program.Place(rightType);
        program.JumpIf(stat + StatRdevOffset, uint.MaxValue, number, done);
        program.Fail(Errno.EEXIST);
    }

    /// <summary>The kernel's encoding of a device number for mknod(2) and stat(2), 32 bits (makedev(3)).</summary>
    private static uint MakeDev(uint major, uint minor) => (minor & 0xff) | (major << 8) | ((minor & 0xfff00) << 12);
}
