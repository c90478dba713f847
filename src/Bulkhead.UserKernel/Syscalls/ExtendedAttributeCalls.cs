using System;
using System.Globalization;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>getxattr(2) and its eleven relatives: on host files by their link in the host's /proc, elsewhere none are kept (xattr(7)).</summary>
internal static unsafe class ExtendedAttributeCalls
{
    private const int MostValue = 65536, MostName = 255, AdminCapability = 21, FileCapability = 31;
    private const string Trusted = "trusted.", Security = "security.", OfUser = "user.";

    private static bool ByDescriptor(int nr) => nr is SysNr.fgetxattr or SysNr.fsetxattr or SysNr.flistxattr or SysNr.fremovexattr;

    private static bool IsList(int nr) => nr is SysNr.listxattr or SysNr.llistxattr or SysNr.flistxattr;

    private static bool IsGet(int nr) => nr is SysNr.getxattr or SysNr.lgetxattr or SysNr.fgetxattr;

    private static bool IsRemove(int nr) => nr is SysNr.removexattr or SysNr.lremovexattr or SysNr.fremovexattr;

    public static long Call(GuestTask task)
    {
        if (ByDescriptor(task.Nr))
        {
            if (Guest.File(task, task.A0) is not { } file || (file.Flags & Fcntl.O_PATH) != 0)
                return Fail.EBADF;
            return file.HostFd >= 0 ? OfHost(task, file.HostFd) : OfOwn(task, file.Stat(out stat status) == 0 ? status.st_mode : 0);
        }
        bool noFollow = task.Nr is SysNr.lgetxattr or SysNr.lsetxattr or SysNr.llistxattr or SysNr.lremovexattr;
        return AttributeCalls.With(task, FileSystem.AtCwd, task.A0, noFollow ? Fcntl.AT_SYMLINK_NOFOLLOW : 0,
            (fd, node, _) => node is not null ? OfOwn(task, node.Mode) : fd >= 0 ? OfHost(task, fd) : OfOwn(task, 0));
    }

    /// <summary>A node of ours: user attributes are for files and directories only, and these trees keep none.</summary>
    private static long OfOwn(GuestTask task, uint mode)
    {
        if (IsList(task.Nr))
            return 0;
        long error = Name(task, out string name);
        if (error < 0)
            return error;
        bool special = (mode & StatMode.S_IFMT) is not (StatMode.S_IFREG or StatMode.S_IFDIR);
        if (special && name.StartsWith(OfUser, StringComparison.Ordinal))
            return IsGet(task.Nr) ? Fail.ENODATA : Fail.EPERM;
        return Refused(task, name) is var refused and < 0 ? refused : Fail.EOPNOTSUPP;
    }

    private static long Name(GuestTask task, out string name)
    {
        long error = Guest.Path(task, task.A1, out name);
        return error == Fail.ENAMETOOLONG || (error == 0 && name.Length is 0 or > MostName) ? Fail.ERANGE : error;
    }

    /// <summary>Names that need a capability of the guest's: the host sees ours.</summary>
    private static long Refused(GuestTask task, string name)
    {
        if (task.Credentials.Has(AdminCapability))
            return 0;
        if (name.StartsWith(Trusted, StringComparison.Ordinal))
            return IsGet(task.Nr) ? Fail.ENODATA : Fail.EPERM;
        bool mayBeCapability = name == "security.capability" && task.Credentials.Has(FileCapability);
        return name.StartsWith(Security, StringComparison.Ordinal) && !IsGet(task.Nr) && !mayBeCapability ? Fail.EPERM : 0;
    }

    private static long OfHost(GuestTask task, int fd)
    {
        byte[] path = HostFiles.Z(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}"));
        if (IsList(task.Nr))
            return List(task, path);
        long error = Name(task, out string name);
        if (error == 0)
            error = Refused(task, name);
        if (error < 0)
            return error;
        long result = One(task, path, HostFiles.Z(name));
        if (result == 0 && !IsGet(task.Nr))
            task.Kernel.Watches.TellFile(fd, Vfs.Happened.Attributes);
        return result;
    }

    private static long List(GuestTask task, byte[] path)
    {
        HostBuffer bounce = task.Kernel.Bounce;
        long count;
        fixed (byte* p = path)
            count = Sys.Direct(SysNr.listxattr, (nint)p, (nint)bounce.Pointer, MostValue);
        if (count <= 0)
            return count;
        byte[] names = Visible(task, bounce.Span[..(int)count]);
        if (task.A2 == 0)
            return names.Length;
        if (task.A2 < (ulong)names.Length)
            return Fail.ERANGE;
        return HostMemory.Write(task.HostPid, task.A1, names) ? names.Length : Fail.EFAULT;
    }

    /// <summary>Trusted ones are shown to those only who may read them.</summary>
    private static byte[] Visible(GuestTask task, ReadOnlySpan<byte> names)
    {
        if (task.Credentials.Has(AdminCapability))
            return names.ToArray();
        var kept = new StringBuilder();
        foreach (string name in Encoding.Latin1.GetString(names).Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!name.StartsWith(Trusted, StringComparison.Ordinal))
                kept.Append(name).Append('\0');
        }
        return Encoding.Latin1.GetBytes(kept.ToString());
    }

    private static long One(GuestTask task, byte[] path, byte[] name)
    {
        HostBuffer bounce = task.Kernel.Bounce;
        long size = (long)Math.Min(task.A3, MostValue);
        fixed (byte* p = path, q = name)
        {
            if (IsGet(task.Nr))
            {
                long got = Sys.Direct(SysNr.getxattr, (nint)p, (nint)q, (nint)bounce.Pointer, (nint)size);
                return got <= 0 || size == 0 ? got : HostMemory.Write(task.HostPid, task.A2, bounce.Span[..(int)got]) ? got : Fail.EFAULT;
            }
            if (IsRemove(task.Nr))
                return Sys.Direct(SysNr.removexattr, (nint)p, (nint)q);
            if (task.A3 > MostValue)
                return Fail.E2BIG;
            if (!HostMemory.Read(task.HostPid, task.A2, bounce.Span[..(int)size]))
                return Fail.EFAULT;
            return Sys.Direct(SysNr.setxattr, (nint)p, (nint)q, (nint)bounce.Pointer, (nint)size, (nint)task.A4);
        }
    }
}
