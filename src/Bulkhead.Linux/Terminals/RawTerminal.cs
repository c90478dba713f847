using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Terminals;

/// <summary>The caller's terminal, raw until disposed: every key goes to the container.</summary>
public sealed unsafe class RawTerminal : IDisposable
{
    private readonly termios _before;

    private RawTerminal(Fd tty, in termios before)
    {
        Tty = tty;
        _before = before;
    }

    public Fd Tty { get; }

    /// <summary>Makes the first terminal among stderr, stdout and stdin raw; null when none of them is one.</summary>
    public static RawTerminal? Enter()
    {
        for (int fd = 2; fd >= 0; fd--)
        {
            Fd tty = Fd.Borrow(fd);
            Result<termios> before = Sys.GetTerminal(tty);
            if (before.Ok)
                return Enter(tty, before.Value);
        }
        return null;
    }

    /// <summary>Makes <paramref name="tty"/> raw.</summary>
    public static RawTerminal Enter(Fd tty) => Enter(tty, Sys.GetTerminal(tty).OrThrow("read the terminal's settings"));

    /// <summary>The container's terminal adds no carriage returns: the caller's does, and a file gets plain lines.</summary>
    public static Errno ClearCarriageReturns(Fd master)
    {
        Result<termios> settings = Sys.GetTerminal(master);
        if (!settings.Ok)
            return settings.Error;
        termios changed = settings.Value;
        changed.c_oflag &= ~Termbits.ONLCR;
        return Sys.SetTerminal(master, changed);
    }

    public void Dispose() => Sys.SetTerminal(Tty, _before);

    /// <summary>cfmakeraw(3), but output stays processed, as containerd's console does: \n still starts a new line.</summary>
    internal static termios MakeRaw(termios settings)
    {
        settings.c_iflag &= ~(Termbits.IGNBRK | Termbits.BRKINT | Termbits.PARMRK | Termbits.ISTRIP | Termbits.INLCR | Termbits.IGNCR |
            Termbits.ICRNL | Termbits.IXON);
        settings.c_oflag |= Termbits.OPOST;
        settings.c_lflag &= ~(Termbits.ECHO | Termbits.ECHONL | Termbits.ICANON | Termbits.ISIG | Termbits.IEXTEN);
        settings.c_cflag = (settings.c_cflag & ~(Termbits.CSIZE | Termbits.PARENB)) | Termbits.CS8;
        settings.c_cc[Termbits.VMIN] = 1;
        settings.c_cc[Termbits.VTIME] = 0;
        return settings;
    }

    private static RawTerminal Enter(Fd tty, in termios before)
    {
        Errno error = Sys.SetTerminal(tty, MakeRaw(before));
        return error == Errno.None ? new RawTerminal(tty, before) : throw new StepException("make the terminal raw", error);
    }
}
