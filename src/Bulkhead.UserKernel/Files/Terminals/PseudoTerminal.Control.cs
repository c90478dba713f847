using System.Runtime.CompilerServices;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Syscalls;
using Bulkhead.UserKernel.Tasks;
using static Bulkhead.Linux.Abi.Termbits;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>ioctl(2) at either side (tty_ioctl(4), pty(7)): the modes and the size are one state for both.</summary>
internal sealed unsafe partial class PseudoTerminal
{
    /// <summary>What both sides know.</summary>
    public long Control(GuestTask task, OpenFile file, bool isMaster, uint command, ulong argument)
    {
        if (TryControl(task, command, argument, isMaster, file.CanRead, out long result))
            return result;
        switch (command)
        {
            case TCGETS:
                return Guest.Put(task, argument, Modes.Older(line.Mode));
            case TCGETS2:
                return Guest.Put(task, argument, line.Mode);
            case TCSETS or TCSETSW or TCSETSF or TCSETS2 or TCSETSW2 or TCSETSF2:
                return SetMode(task, command, argument);
            case TIOCGWINSZ:
                return Guest.Put(task, argument, size);
            case TIOCSWINSZ:
                return SetSize(task, argument);
            case TCSBRK or TCSBRKP or TIOCSBRK or TIOCCBRK:
                return Check(task, Signal.SIGTTOU); // nothing to break, and output is with the master at once
            case TIOCOUTQ or TIOCGETD:
                return Guest.Put(task, argument, 0);
            case TIOCSETD:
                return SetDiscipline(task, argument);
            case TIOCEXCL or TIOCNXCL:
                IsExclusive = command == TIOCEXCL;
                return 0;
            case TIOCGEXCL:
                return Guest.Put(task, argument, IsExclusive ? 1 : 0);
            case TIOCGDEV:
                return Guest.Put(task, argument, Device);
            case TIOCSTI:
                return Fail.EIO; // as with dev.tty.legacy_tiocsti off (Linux 6.2)
            case TIOCVHANGUP:
                return VirtualHangUp(task);
            default:
                return Fail.ENOTTY;
        }
    }

    public long ControlSlave(GuestTask task, SlaveFile file, uint command, ulong argument)
    {
        switch (command)
        {
            case FIONREAD:
                return Guest.Put(task, argument, line.IsCanonical ? line.Input.Readable() : line.Input.Count);
            case TCXONC:
                return Check(task, Signal.SIGTTOU) is var held and not 0 ? held : Flow((int)argument);
            case TCFLSH:
                return Check(task, Signal.SIGTTOU) is var stopped and not 0 ? stopped : Flush((int)argument, isMaster: false);
            case TIOCGPTPEER:
                return Fail.EIO;
            default:
                return Control(task, file, isMaster: false, command, argument);
        }
    }

    public long ControlMaster(GuestTask task, MasterFile file, uint command, ulong argument)
    {
        switch (command)
        {
            case FIONREAD:
                return Guest.Put(task, argument, shown.Count);
            case TCXONC:
                return (int)argument is >= TCOOFF and <= TCION ? 0 : Fail.EINVAL; // a master's own flow is not stopped
            case TCFLSH:
                return Flush((int)argument, isMaster: true);
            case TIOCGPTN:
                return Guest.Put(task, argument, Number);
            case TIOCGPTLCK:
                return Guest.Put(task, argument, IsLocked ? 1 : 0);
            case TIOCGPKT:
                return Guest.Put(task, argument, IsPacket ? 1 : 0);
            case TIOCSPTLCK:
                if (!Guest.Read(task, argument, out int locked))
                    return Fail.EFAULT;
                IsLocked = locked != 0;
                return 0;
            case TIOCPKT:
                return SetPacket(task, argument);
            case TIOCSIG:
                if ((int)argument is not (Signal.SIGINT or Signal.SIGQUIT or Signal.SIGTSTP))
                    return Fail.EINVAL;
                SignalForeground((int)argument);
                return 0;
            case TIOCGPTPEER:
                return OpenPeer(task, (int)argument);
            default:
                return Control(task, file, isMaster: true, command, argument);
        }
    }

    private long SetMode(GuestTask task, uint command, ulong argument)
    {
        if (Check(task, Signal.SIGTTOU) is var held and not 0)
            return held;
        termios2 mode;
        if (command is TCSETS or TCSETSW or TCSETSF)
        {
            if (!Guest.Read(task, argument, out termios older))
                return Fail.EFAULT;
            mode = Modes.From(older, line.Mode);
        }
        else
        {
            if (!Guest.Read(task, argument, out mode))
                return Fail.EFAULT;
            mode = Modes.WithSpeeds(mode);
        }
        if (command is TCSETSF or TCSETSF2)
            line.FlushInput();
        line.SetMode(mode);
        return 0;
    }

    private long SetSize(GuestTask task, ulong argument)
    {
        if (!Guest.Read(task, argument, out winsize wanted))
            return Fail.EFAULT;
        bool isSame = Unsafe.BitCast<winsize, ulong>(wanted) == Unsafe.BitCast<winsize, ulong>(size);
        size = wanted;
        if (!isSame)
            SignalForeground(Signal.SIGWINCH);
        return 0;
    }

    private static long SetDiscipline(GuestTask task, ulong argument)
    {
        if (!Guest.Read(task, argument, out int number))
            return Fail.EFAULT;
        return number == 0 ? 0 : Fail.EINVAL;
    }

    private long SetPacket(GuestTask task, ulong argument)
    {
        if (!Guest.Read(task, argument, out int on))
            return Fail.EFAULT;
        if (on != 0 && !IsPacket)
            PacketStatus = 0;
        IsPacket = on != 0;
        return 0;
    }

    private long Flow(int action)
    {
        switch (action)
        {
            case TCOOFF or TCOON:
                line.StopByCall(action == TCOOFF);
                return 0;
            case TCIOFF or TCION:
                line.Send(line.Special(action == TCIOFF ? VSTOP : VSTART));
                return 0;
            default:
                return Fail.EINVAL;
        }
    }

    private long Flush(int which, bool isMaster)
    {
        if (which is not (TCIFLUSH or TCOFLUSH or TCIOFLUSH))
            return Fail.EINVAL;
        bool input = which != TCOFLUSH, output = which != TCIFLUSH;
        if (isMaster ? output : input)
        {
            typed.Cut(0);
            if (!isMaster)
                line.FlushInput();
        }
        if (isMaster && input)
            shown.Cut(0);
        else if (!isMaster && output)
            FlushOutput();
        Changed();
        return 0;
    }

    private long VirtualHangUp(GuestTask task)
    {
        if (!task.Credentials.Has(CapSysAdmin))
            return Fail.EPERM;
        HangUp();
        return 0;
    }

    /// <summary>The slave without a path to it: /dev/pts may be somebody else's.</summary>
    private long OpenPeer(GuestTask task, int flags)
    {
        long error = Open(task, flags, Node, Node.Path, out OpenFile? file);
        if (error < 0)
            return error;
        file!.Flags = flags & (3 | Fcntl.O_NONBLOCK | Fcntl.O_APPEND);
        return task.Process.Files.Add(file, (flags & Fcntl.O_CLOEXEC) != 0, task.Process.Limits[ResourceLimits.Files].Soft);
    }
}
