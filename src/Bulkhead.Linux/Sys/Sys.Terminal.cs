using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux;

public static unsafe partial class Sys
{
    /// <summary>isatty(3).</summary>
    public static bool IsTerminal(Fd file) => GetTerminal(file).Ok;

    /// <summary>ioctl(TCGETS): ENOTTY when the file is no terminal.</summary>
    public static Result<termios> GetTerminal(Fd tty)
    {
        termios settings;
        Errno error = ToErrno(Control(tty, Termbits.TCGETS, (nint)(&settings)));
        return error == Errno.None ? settings : error;
    }

    /// <summary>ioctl(TCSETS): at once, without waiting for output.</summary>
    public static Errno SetTerminal(Fd tty, in termios settings)
    {
        fixed (termios* p = &settings)
            return ToErrno(Control(tty, Termbits.TCSETS, (nint)p));
    }

    public static Result<winsize> GetWindowSize(Fd tty)
    {
        winsize size;
        Errno error = ToErrno(Control(tty, Termbits.TIOCGWINSZ, (nint)(&size)));
        return error == Errno.None ? size : error;
    }

    /// <summary>ioctl(TIOCSWINSZ): the foreground process group of the other side gets SIGWINCH when the size changes.</summary>
    public static Errno SetWindowSize(Fd tty, winsize size) => ToErrno(Control(tty, Termbits.TIOCSWINSZ, (nint)(&size)));

    /// <summary>Lets the other side of a pty master be opened (unlockpt).</summary>
    public static Errno UnlockTerminal(Fd master)
    {
        int locked = 0;
        return ToErrno(Control(master, Termbits.TIOCSPTLCK, (nint)(&locked)));
    }

    /// <summary>The other side of a pty master, opened without a path (TIOCGPTPEER, Linux 4.13).</summary>
    public static Result<Fd> OpenTerminalPeer(Fd master) =>
        ToFd(Control(master, Termbits.TIOCGPTPEER, Fcntl.O_RDWR | Fcntl.O_NOCTTY | Fcntl.O_CLOEXEC));

    /// <summary>The number N of the other side's /dev/pts/N.</summary>
    public static Result<int> GetTerminalNumber(Fd master)
    {
        int number;
        Errno error = ToErrno(Control(master, Termbits.TIOCGPTN, (nint)(&number)));
        return error == Errno.None ? number : error;
    }

    private static nint Control(Fd fd, uint request, nint argument) => Raw(SysNr.ioctl, fd.Value, (nint)(nuint)request, argument);
}
