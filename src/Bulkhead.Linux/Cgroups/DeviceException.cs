using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Cgroups;

/// <summary>A device, or with -1 a range of them, and BPF_DEVCG_* bits.</summary>
internal readonly record struct DeviceException(int Type, long Major, long Minor, int Access)
{
    /// <summary>As devices.allow and devices.deny take it: "c 1:3 rwm".</summary>
    public string Text()
    {
        string major = Major < 0 ? "*" : CgroupIo.Text(Major), minor = Minor < 0 ? "*" : CgroupIo.Text(Minor);
        return (Type == BpfProg.BPF_DEVCG_DEV_CHAR ? "c " : "b ") + major + ":" + minor + " " + AccessText();
    }

    public string AccessText() =>
        ((Access & BpfProg.BPF_DEVCG_ACC_READ) != 0 ? "r" : "") + ((Access & BpfProg.BPF_DEVCG_ACC_WRITE) != 0 ? "w" : "")
        + ((Access & BpfProg.BPF_DEVCG_ACC_MKNOD) != 0 ? "m" : "");
}
