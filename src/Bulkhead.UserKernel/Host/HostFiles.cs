using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.UserKernel.Host;

/// <summary>
/// File calls of the host. Paths are strings of Latin-1: a character is a byte, so that names that are no UTF-8 survive. All walks stay beneath
/// a directory and follow no link: links are the guest's, resolved by <see cref="Vfs.FileSystem"/>.
/// </summary>
internal static unsafe class HostFiles
{
    private const ulong Beneath = Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_SYMLINKS | Fcntl.RESOLVE_NO_MAGICLINKS;
    private const int MostWalks = 1000, MostPath = 4000;

    /// <summary>What /proc says of this process is trusted from here on: it must not be an image's own files.</summary>
    public static void RequireProc()
    {
        using Fd proc = Sys.OpenAt(Fd.Cwd, "/proc", Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW).OrThrow("open", "/proc");
        if (Sys.FileSystemMagic(proc).OrThrow("ask for the file system of", "/proc") != Mount.PROC_SUPER_MAGIC)
            throw new StepException("/proc is no procfs");
    }

    /// <summary>openat2(2): a descriptor or -errno; ELOOP where a link lies on the way.</summary>
    public static long Open(int root, string path, int flags, uint mode = 0)
    {
        if (path.Length <= MostPath)
            return OpenOnce(root, path, flags, mode);
        // A working directory may lie deeper than one path can say: a part at a time.
        int cut = path.LastIndexOf('/', MostPath);
        if (cut <= 0)
            return Fail.ENAMETOOLONG;
        long directory = OpenOnce(root, path[..cut], Fcntl.O_PATH | Fcntl.O_DIRECTORY, 0);
        if (directory < 0)
            return directory;
        long result = Open((int)directory, path[(cut + 1)..], flags, mode);
        Close((int)directory);
        return result;
    }

    private static long OpenOnce(int root, string path, int flags, uint mode) => Open(root, Z(path), flags, mode);

    /// <summary>The same of a path with a NUL at its end.</summary>
    public static long Open(int root, byte[] path, int flags, uint mode)
    {
        var how = new open_how { flags = (ulong)(uint)(flags | Fcntl.O_CLOEXEC), mode = mode, resolve = Beneath };
        fixed (byte* p = path)
        {
            for (int walks = 0; ; walks++)
            {
                nint result = Sys.Direct(SysNr.openat2, root, (nint)p, (nint)(&how), sizeof(open_how));
                if (result != Fail.EAGAIN || walks == MostWalks)
                    return result;
            }
        }
    }

    public static long Stat(int fd, out stat status)
    {
        stat buffer = default;
        fixed (byte* empty = "\0"u8)
        {
            long result = Sys.Direct(SysNr.newfstatat, fd, (nint)empty, (nint)(&buffer), Fcntl.AT_EMPTY_PATH);
            status = buffer;
            return result;
        }
    }

    /// <summary>fstatat(2) of a name, which is not followed when it is a link.</summary>
    public static long StatAt(int directory, string name, out stat status)
    {
        stat buffer = default;
        fixed (byte* p = Z(name))
        {
            long result = Sys.Direct(SysNr.newfstatat, directory, (nint)p, (nint)(&buffer), Fcntl.AT_SYMLINK_NOFOLLOW);
            status = buffer;
            return result;
        }
    }

    /// <summary>The same of a name with a NUL at its end.</summary>
    public static long StatAt(int directory, byte* name, stat* status) => Sys.Direct(SysNr.newfstatat, directory, (nint)name, (nint)status, Fcntl.AT_SYMLINK_NOFOLLOW);

    /// <summary>The directory that an open file lies in, or did before it was unlinked, and its name there; false: in none.</summary>
    public static bool Place(int fd, bool isUnlinked, out stat directory, out string name)
    {
        const int Size = 4096;
        const string Deleted = " (deleted)"; // what the host's /proc adds
        byte* buffer = stackalloc byte[Size];
        directory = default;
        name = "";
        fixed (byte* link = Z(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}")))
        {
            long length = Sys.Direct(SysNr.readlinkat, Fcntl.AT_FDCWD, (nint)link, (nint)buffer, Size);
            string path = length <= 0 ? "" : Encoding.Latin1.GetString(buffer, (int)length);
            int cut = path.LastIndexOf('/');
            if (cut < 0)
                return false;
            if (isUnlinked && path.EndsWith(Deleted, System.StringComparison.Ordinal))
                path = path[..^Deleted.Length];
            name = path[(cut + 1)..];
            return name.Length > 0 && StatAt(Fcntl.AT_FDCWD, cut == 0 ? "/" : path[..cut], out directory) == 0;
        }
    }

    public static long Close(int fd) => Sys.Direct(SysNr.close, fd);

    /// <summary>read(2), or pread(2) where <paramref name="offset"/> is not negative.</summary>
    public static long Read(int fd, byte* to, long count, long offset) => offset < 0
        ? Sys.Direct(SysNr.read, fd, (nint)to, (nint)count)
        : Sys.Direct(SysNr.pread64, fd, (nint)to, (nint)count, (nint)offset);

    /// <summary>write(2), or at a place (pwritev2(2), which stands for pwrite(2)).</summary>
    public static long Write(int fd, byte* from, long count, long offset, int flags = 0)
    {
        if (offset < 0 && flags == 0)
            return Sys.Direct(SysNr.write, fd, (nint)from, (nint)count);
        var vector = new iovec { iov_base = from, iov_len = (nuint)count };
        return Sys.Direct(SysNr.pwritev2, fd, (nint)(&vector), 1, (nint)offset, 0, flags);
    }

    public static long Seek(int fd, long offset, int whence) => Sys.Direct(SysNr.lseek, fd, (nint)offset, whence);

    public static long Entries(int fd, byte* to, long count) => Sys.Direct(SysNr.getdents64, fd, (nint)to, (nint)count);

    /// <summary>A call on one name in a directory: mkdirat, unlinkat, mknodat, fchmodat and their like.</summary>
    public static long Named(int nr, int directory, string name, nint c = 0, nint d = 0, nint e = 0)
    {
        fixed (byte* p = Z(name))
            return Sys.Direct(nr, directory, (nint)p, c, d, e);
    }

    public static long Rename(int from, string name, int to, string newName, uint flags)
    {
        fixed (byte* p = Z(name), q = Z(newName))
            return Sys.Direct(SysNr.renameat2, from, (nint)p, to, (nint)q, (nint)flags);
    }

    public static long Link(int from, string name, int to, string newName, int flags = 0)
    {
        fixed (byte* p = Z(name), q = Z(newName))
            return Sys.Direct(SysNr.linkat, from, (nint)p, to, (nint)q, flags);
    }

    public static long Symlink(string target, int directory, string name)
    {
        fixed (byte* p = Z(target), q = Z(name))
            return Sys.Direct(SysNr.symlinkat, (nint)p, directory, (nint)q);
    }

    /// <summary>readlinkat(2) of the link that <paramref name="fd"/> (O_PATH) is.</summary>
    public static long ReadLink(int fd, out string target)
    {
        const int Size = 4096;
        byte* buffer = stackalloc byte[Size];
        fixed (byte* empty = "\0"u8)
        {
            long length = Sys.Direct(SysNr.readlinkat, fd, (nint)empty, (nint)buffer, Size);
            target = length < 0 ? "" : Encoding.Latin1.GetString(buffer, (int)length);
            return length;
        }
    }

    /// <summary>Where an open file of ours lies, by its link in /proc.</summary>
    public static long DescriptorName(int fd, out string name)
    {
        const int Size = 4096;
        byte* buffer = stackalloc byte[Size];
        fixed (byte* path = Z(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/fd/{fd}")))
        {
            long length = Sys.Direct(SysNr.readlinkat, Fcntl.AT_FDCWD, (nint)path, (nint)buffer, Size);
            name = length < 0 ? "" : Encoding.Latin1.GetString(buffer, (int)length);
            return length;
        }
    }

    /// <summary>Calls that take a descriptor and plain numbers: ftruncate, fsync, fallocate, fchmod ...</summary>
    public static long Plain(int nr, int fd, nint b = 0, nint c = 0, nint d = 0, nint e = 0) => Sys.Direct(nr, fd, b, c, d, e);

    /// <summary>statfs(2): ST_RDONLY.</summary>
    public static bool IsReadOnly(int fd)
    {
        const int Words = 15, Flags = 10;
        long* status = stackalloc long[Words];
        return Sys.Direct(SysNr.fstatfs, fd, (nint)status) == 0 && (status[Flags] & 1) != 0;
    }

    /// <summary>utimensat(2) of what the descriptor is; null: now.</summary>
    public static long SetTimes(int fd, long* times)
    {
        fixed (byte* empty = "\0"u8)
            return Sys.Direct(SysNr.utimensat, fd, (nint)empty, (nint)times, Fcntl.AT_EMPTY_PATH);
    }

    public static byte[] Z(string latin1)
    {
        byte[] bytes = new byte[latin1.Length + 1];
        Encoding.Latin1.GetBytes(latin1, bytes);
        return bytes;
    }
}
