using Bulkhead.Linux;

namespace Bulkhead.Workloads.Copy;

/// <summary>
/// File systems whose files are the kernel's doors. A container chooses what its links name: the caller, who may be the host's root, must not be led to
/// read or write there in its stead.
/// </summary>
internal static class KernelFiles
{
    public static bool Has(Fd node) => Sys.FileSystemMagic(node).OrThrow("look at a file system") is
        Linux.Abi.Mount.PROC_SUPER_MAGIC or Linux.Abi.Mount.SYSFS_MAGIC or Linux.Abi.Mount.CGROUP_SUPER_MAGIC or Linux.Abi.Mount.CGROUP2_SUPER_MAGIC or Linux.Abi.Mount.DEVPTS_SUPER_MAGIC
        or Linux.Abi.Mount.DEBUGFS_MAGIC or Linux.Abi.Mount.TRACEFS_MAGIC or Linux.Abi.Mount.SECURITYFS_MAGIC or Linux.Abi.Mount.BPF_FS_MAGIC;
}
