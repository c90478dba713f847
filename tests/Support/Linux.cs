using System;
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
    private const nuint TIOCGWINSZ = 0x5413;
    private const nuint TIOCSWINSZ = 0x5414;
    private const nuint SECCOMP_IOCTL_NOTIF_RECV = 0xc0502100;
    private const nuint SECCOMP_IOCTL_NOTIF_SEND = 0xc0182101;
    private const nuint TIOCSPTLCK = 0x40045431;
    private const nuint TIOCGPTN = 0x80045430;

    /// <summary>Sends a signal; false if there is no such process.</summary>
    public static bool Kill(int pid, int signal) => kill(pid, signal) == 0;

    /// <summary>Takes one notification of a seccomp listener and answers it with an errno: the number of the system call.</summary>
    public static int AnswerNotification(int listener, int error)
    {
        byte[] request = new byte[80];
        if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, ref request[0]) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        byte[] answer = new byte[24];
        request.AsSpan(0, 8).CopyTo(answer);
        BitConverter.TryWriteBytes(answer.AsSpan(16), -error);
        return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, ref answer[0]) == 0
            ? BitConverter.ToInt32(request, 16)
            : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>Rows and columns of a terminal; fails if the descriptor is none.</summary>
    public static (int Rows, int Columns) Window(int terminal)
    {
        ulong size = 0;
        return ioctl(terminal, TIOCGWINSZ, ref size) == 0
            ? ((int)(size & 0xffff), (int)(size >> 16 & 0xffff))
            : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

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

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, ref byte argument);
}
