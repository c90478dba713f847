using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Cgroups;

namespace Bulkhead.CgroupV2;

/// <summary>Device rules as a BPF program of the cgroup: the kernel enforces them.</summary>
internal static class DeviceCases
{
    private const string Denied = "not permitted";

    private static readonly DeviceRule s_nothing = new(false, 'a', null, null, "rwm");
    private static readonly DeviceRule s_everything = new(true, 'a', null, null, "rwm");

    public static void AddTo(Dictionary<string, Action> cases)
    {
        cases.Add("devices", Devices);
        cases.Add("devices-denied", DevicesDenied);
        cases.Add("devices-update", DevicesUpdate);
    }

    private static int Programs(Box box)
    {
        Span<uint> ids = stackalloc uint[8];
        return Sys.BpfQueryDevice(box.Cgroup.CloneFd!, ids).OrThrow("query", box.Path);
    }

    private static void Devices()
    {
        using var box = new Box(new CgroupResources { Devices = [s_nothing, new(true, 'c', 1, 3, "rw"), new(true, 'c', 1, 5, "r"), new(true, 'c', null, null, "m")] });
        Check.Equal(1, Programs(box), "programs");
        Check.Equal("ok", Shell.Try(box, "echo > /dev/null"), "an allowed device");
        Check.Equal("ok", Shell.Try(box, "head -c1 /dev/zero > /dev/null"), "an allowed read");
        Check.Contains(Denied, Shell.Try(box, "echo > /dev/zero"));
        Check.Contains(Denied, Shell.Try(box, "head -c1 /dev/full"));
        Check.Equal("ok", Shell.Try(box, "mknod /tmp/c c 1 7; rm /tmp/c"), "an allowed mknod");
        Check.Contains(Denied, Shell.Try(box, "mknod /tmp/b b 8 0"));
        box.Inner("inner");
        Check.Contains(Denied, Shell.Try(box, "echo 0 > /sys/fs/cgroup/cgv2/box/inner/cgroup.procs; head -c1 /dev/full"));
        using var free = new Box(null, "free");
        Check.Equal(0, Programs(free), "programs without rules");
        Check.Equal("ok", Shell.Try(free, "head -c1 /dev/full > /dev/null"), "without rules");
    }

    private static void DevicesDenied()
    {
        using var box = new Box(new CgroupResources { Devices = [s_everything, new(false, 'c', 1, 5, "w")] });
        Check.Equal("ok", Shell.Try(box, "head -c1 /dev/zero > /dev/null"), "what the rule leaves");
        Check.Contains(Denied, Shell.Try(box, "echo > /dev/zero"));
        // One denied access in a wish for two denies the whole.
        Check.Contains(Denied, Shell.Try(box, "exec 3<>/dev/zero"));
        Check.Refused(() => _ = new Box(new CgroupResources { Devices = [new(true, 'c', null, null, "rwm"), new(false, 'c', 1, 3, "w")] }, "hole"), "device rule");
        Check.Gone(Box.Top + "/hole");
    }

    private static void DevicesUpdate()
    {
        using var box = new Box(new CgroupResources { Devices = [new(true, 'c', 1, 3, "rw")] });
        // A program of somebody else, as systemd attaches one: it stays.
        bpf_insn[] code = DeviceProgram.Compile([s_everything]);
        using (Fd other = Sys.BpfLoadDevice(code, "other"u8, default).OrThrow("load"))
            Check.Equal(Errno.None, Sys.BpfAttachDevice(box.Cgroup.CloneFd!, other, BpfProg.BPF_F_ALLOW_MULTI), "attach");
        Check.Contains(Denied, Shell.Try(box, "head -c1 /dev/zero"));
        box.Cgroup.Update(new CgroupResources { Devices = [new(true, 'c', 1, 3, "rw"), new(true, 'c', 1, 5, "r")] });
        Check.Equal("ok", Shell.Try(box, "head -c1 /dev/zero > /dev/null"), "the new rules");
        Check.Equal(2, Programs(box), "programs, one of them of somebody else");
        box.Cgroup.Update(new CgroupResources { Devices = [s_nothing] });
        Check.Contains(Denied, Shell.Try(box, "echo > /dev/null"));
        box.Cgroup.Update(new CgroupResources { PidsLimit = 10 });
        Check.Contains(Denied, Shell.Try(box, "echo > /dev/null"));
        Check.Equal(2, Programs(box), "an update without rules leaves them");
    }
}
