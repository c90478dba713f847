using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Bulkhead.TestSupport;

/// <summary>The few calls that tests need and .NET does not offer. Numbers are those of x86-64's headers.</summary>
public static partial class Linux
{
    public const int SIGKILL = 9;
    public const int SIGTERM = 15;

    private const int O_RDWR = 2;
    private const int O_NOCTTY = 0x100;
    private const int O_CLOEXEC = 0x80000;
    private const nuint TIOCSWINSZ = 0x5414;
    private const nuint TIOCSPTLCK = 0x40045431;
    private const nuint TIOCGPTN = 0x80045430;

    /// <summary>Sends a signal; false if there is no such process.</summary>
    public static bool Kill(int pid, int signal) => kill(pid, signal) == 0;

    internal static int OpenPtyMaster(out string slave)
    {
        int fd = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
        int number = 0;
        int unlock = 0;
        if (fd < 0 || ioctl(fd, TIOCSPTLCK, ref unlock) != 0 || ioctl(fd, TIOCGPTN, ref number) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        slave = $"/dev/pts/{number}";
        return fd;
    }

    internal static void SetWindow(int fd, ushort rows, ushort columns)
    {
        ulong size = rows | ((ulong)columns << 16);
        if (ioctl(fd, TIOCSWINSZ, ref size) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, ref int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, ref ulong argument);
}
