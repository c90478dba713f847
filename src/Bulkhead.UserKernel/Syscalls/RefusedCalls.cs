using System;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>Calls whose capability no guest ever gets: EPERM, after the errors that Linux finds before it looks at capabilities.</summary>
internal static unsafe class RefusedCalls
{
    private const ulong CloneTree = 1;

    public static long Denied(GuestTask task) => task.Nr >= 0 ? Fail.EPERM : Fail.ENOSYS;

    /// <summary>mount(2) copies its texts and finds its target first.</summary>
    public static long Mount(GuestTask task)
    {
        long error = 0;
        if (task.A2 != 0)
            error = Guest.Path(task, task.A2, out _);
        if (error == 0 && task.A0 != 0)
            error = Guest.Path(task, task.A0, out _);
        if (error == Fail.ENAMETOOLONG)
            error = Fail.EINVAL;
        if (error == 0)
            error = Exists(task, FileSystem.AtCwd, task.A1, follow: true);
        return error < 0 ? error : Fail.EPERM;
    }

    public static long Unmount(GuestTask task)
    {
        const ulong Known = 0xF, NoFollow = 8;
        if ((task.A1 & ~Known) != 0)
            return Fail.EINVAL;
        long error = Exists(task, FileSystem.AtCwd, task.A0, (task.A1 & NoFollow) == 0);
        return error < 0 ? error : Fail.EPERM;
    }

    private static long Exists(GuestTask task, int dirfd, ulong address, bool follow)
    {
        long error = Guest.Path(task, address, out string path);
        if (error < 0)
            return error;
        error = task.Kernel.FileSystem.Locate(task, dirfd, path, follow, out Target target);
        if (error < 0)
            return error;
        long fd = task.Kernel.FileSystem.Object(task, follow, ref target, out Node? node);
        if (fd >= 0 && node is null)
            HostFiles.Close((int)fd);
        return Math.Min(fd, 0);
    }

    /// <summary>open_tree(2): without OPEN_TREE_CLONE it is an open with O_PATH.</summary>
    public static long OpenTree(GuestTask task)
    {
        const ulong Recursive = 0x8000, NoAutomount = 0x800;
        ulong flags = task.A2;
        if ((flags & ~(CloneTree | Fcntl.O_CLOEXEC | Fcntl.AT_EMPTY_PATH | Fcntl.AT_SYMLINK_NOFOLLOW | Recursive | NoAutomount)) != 0)
            return Fail.EINVAL;
        if ((flags & (CloneTree | Recursive)) == Recursive)
            return Fail.EINVAL;
        if ((flags & CloneTree) != 0)
            return Fail.EPERM;
        long error = Guest.Path(task, task.A1, out string path);
        if (error < 0)
            return error;
        int open = Fcntl.O_PATH | ((flags & Fcntl.AT_SYMLINK_NOFOLLOW) != 0 ? Fcntl.O_NOFOLLOW : 0);
        error = task.Kernel.FileSystem.Open(task, (int)task.A0, path, open, 0, out OpenFile? file);
        return error < 0 ? error : task.Process.Files.Add(file!, (flags & Fcntl.O_CLOEXEC) != 0, task.Process.Limits[ResourceLimits.Files].Soft);
    }

    /// <summary>unshare(2): what needs no name space.</summary>
    public static long Unshare(GuestTask task)
    {
        const ulong NameSpaces = Sched.CLONE_NEWTIME | Sched.CLONE_NEWNS | Sched.CLONE_NEWCGROUP | Sched.CLONE_NEWUTS | Sched.CLONE_NEWIPC | Sched.CLONE_NEWUSER | Sched.CLONE_NEWPID | Sched.CLONE_NEWNET;
        const ulong Thread = 0x10000, SemaphoreUndo = 0x40000, Group = Thread | Sched.CLONE_VM | Sched.CLONE_SIGHAND;
        ulong flags = task.A0;
        if ((flags & ~(NameSpaces | Group | SemaphoreUndo | Sched.CLONE_FS | Sched.CLONE_FILES)) != 0)
            return Fail.EINVAL;
        if ((flags & Group) != 0 && task.Process.Tasks.Count > 1)
            return Fail.EINVAL;
        if ((flags & NameSpaces) != 0)
            return Fail.EPERM;
        if ((flags & Sched.CLONE_FS) != 0)
        {
            FileSystemState before = task.Process.Place;
            task.Process.Place = before.Copy();
            before.Release();
        }
        if ((flags & Sched.CLONE_FILES) != 0)
        {
            FdTable shared = task.Process.Files;
            task.Process.Files = shared.Copy();
            shared.Release();
        }
        return 0;
    }

    /// <summary>setns(2): of descriptors only a name space's or a process's would do.</summary>
    public static long SetNameSpace(GuestTask task)
    {
        if (Guest.File(task, task.A0) is not { } file)
            return Fail.EBADF;
        return file is NameSpaceFile ? Fail.EPERM : Fail.EINVAL;
    }

    /// <summary>name_to_handle_at(2): our trees export no handles.</summary>
    public static long NameToHandle(GuestTask task)
    {
        const int Follow = 0x400, FileId = 0x200;
        int flags = (int)task.A4;
        if ((flags & ~(Follow | Fcntl.AT_EMPTY_PATH | FileId)) != 0)
            return Fail.EINVAL;
        long error = Exists(task, (int)task.A0, task.A1, (flags & Follow) != 0);
        return error < 0 ? error : Fail.EOPNOTSUPP;
    }

    /// <summary>rseq(2): not offered, so that the C library does without; its arguments are looked at all the same.</summary>
    public static long RestartableSequence(GuestTask task) => (task.A2 & ~1UL) != 0 ? Fail.EINVAL : Fail.ENOSYS;
}
