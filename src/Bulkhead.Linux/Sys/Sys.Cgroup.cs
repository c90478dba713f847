using System.Collections.Generic;
using System.Text;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

/// <summary>Calls that cgroup code needs and no other family has.</summary>
public static unsafe partial class Sys
{
    /// <summary>statfs(2): the magic number of the file system at a path.</summary>
    public static Result<long> FileSystemMagic(string path)
    {
        // struct statfs of x86-64 is 120 bytes; f_type comes first.
        long* buffer = stackalloc long[16];
        fixed (byte* p = Z(path))
        {
            Errno error = ToErrno(Raw(SysNr.statfs, (nint)p, (nint)buffer));
            return error == Errno.None ? buffer[0] : error;
        }
    }

    /// <summary>getdents64(2) to the end: the names of the sub-directories.</summary>
    public static Result<List<string>> ListDirectories(Fd dir)
    {
        const int Size = 8192;
        byte* buffer = stackalloc byte[Size];
        var names = new List<string>();
        while (true)
        {
            Result<int> count = ToInt(Raw(SysNr.getdents64, dir.Value, (nint)buffer, Size));
            if (!count.Ok)
                return count.Error;
            if (count.Value == 0)
                return names;
            // SAFETY: the kernel filled count.Value bytes with whole struct linux_dirent64 { u64 ino, off; u16 reclen; u8 type; char name[] }.
            for (byte* entry = buffer; entry < buffer + count.Value; entry += *(ushort*)(entry + 16))
            {
                string name = Encoding.UTF8.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + 19));
                if (entry[18] == Dirent.DT_DIR && name is not ("." or ".."))
                    names.Add(name);
            }
        }
    }

    /// <summary>eventfd2(2).</summary>
    public static Result<Fd> EventFd(uint initial, int flags) => ToFd(Raw(SysNr.eventfd2, (nint)initial, flags | Eventfd.EFD_CLOEXEC));

    /// <summary>inotify_init1(2).</summary>
    public static Result<Fd> InotifyInit(int flags) => ToFd(Raw(SysNr.inotify_init1, flags | Inotify.IN_CLOEXEC));

    /// <summary>inotify_add_watch(2): the watch descriptor.</summary>
    public static Result<int> InotifyAddWatch(Fd inotify, string path, uint mask)
    {
        fixed (byte* p = Z(path))
            return ToInt(Raw(SysNr.inotify_add_watch, inotify.Value, (nint)p, (nint)mask));
    }

    /// <summary>poll(2) of one descriptor: the events that came, 0 after the timeout (-1: none).</summary>
    public static Result<int> PollOne(Fd fd, short events, int timeoutMilliseconds)
    {
        // struct pollfd { int fd; short events; short revents; }
        long pollfd = (uint)fd.Value | ((long)(ushort)events << 32);
        Result<int> count = ToInt(Raw(SysNr.poll, (nint)(&pollfd), 1, timeoutMilliseconds));
        return count.Ok ? (int)(ushort)(pollfd >> 48) : count.Error;
    }

    /// <summary>nanosleep(2): Thread.Sleep would bring the runtime's wait machinery into memory.</summary>
    public static void Pause(int milliseconds)
    {
        long* time = stackalloc long[2];
        time[0] = milliseconds / 1000;
        time[1] = milliseconds % 1000 * 1_000_000L;
        _ = RawOnce(SysNr.nanosleep, (nint)time, 0, 0, 0, 0, 0);
    }

    /// <summary>lseek(fd, 0, SEEK_SET): kernfs files are read anew from there.</summary>
    public static Errno SeekStart(Fd fd) => ToErrno(Raw(SysNr.lseek, fd.Value, 0, 0));
}
