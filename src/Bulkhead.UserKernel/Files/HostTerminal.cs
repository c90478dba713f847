using System;
using System.Runtime.CompilerServices;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files.Terminals;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files;

/// <summary>The console, open.</summary>
internal sealed unsafe class HostTerminal(GuestTask opener, int number, HostConsole console, Node node, string path) : HostStream(opener.Kernel, number)
{
    private const int AttributesSize = 36, SizeSize = 8;

    public override string Name => path;

    /// <summary>As the path tells: ttyname(3) compares.</summary>
    public override long Stat(out stat status)
    {
        status = node.Status(opener);
        return 0;
    }

    public override Node Changeable => node;

    public override long Guard(GuestTask task, bool write)
    {
        if (!write)
            return console.Check(task, Signal.SIGTTIN);
        return console.StopsWriters ? console.Check(task, Signal.SIGTTOU) : 0;
    }

    public override long Control(GuestTask task, uint command, ulong argument)
    {
        if (console.TryControl(task, command, argument, isMaster: false, CanRead, out long result))
            return result;
        switch (command)
        {
            case Termbits.TCGETS:
                return Give(task, command, argument, AttributesSize);
            case Termbits.TIOCGWINSZ:
                return Give(task, command, argument, SizeSize);
            case Termbits.FIONREAD or Termbits.TIOCOUTQ:
                return Give(task, command, argument, sizeof(int));
            case Termbits.TIOCSWINSZ:
                return Take(task, command, argument, SizeSize);
            case Termbits.TCSETS or Termbits.TCSETSW or Termbits.TCSETSF:
                return console.Check(task, Signal.SIGTTOU) is var held and not 0 ? held : Take(task, command, argument, AttributesSize);
            case Termbits.TCGETS2:
                return GiveSpeeds(task, argument);
            case Termbits.TCSETS2 or Termbits.TCSETSW2 or Termbits.TCSETSF2:
                // The longer form begins with the shorter; speeds of no name are lost.
                uint shorter = Termbits.TCSETS + (command - Termbits.TCSETS2);
                return console.Check(task, Signal.SIGTTOU) is var refused and not 0 ? refused : Take(task, shorter, argument, AttributesSize);
            case Termbits.TCFLSH or Termbits.TCSBRK or Termbits.TCSBRKP or Termbits.TCXONC:
                return console.Check(task, Signal.SIGTTOU) is var stopped and not 0 ? stopped : HostFiles.Plain(SysNr.ioctl, Number, (nint)command, (nint)argument);
            default:
                return Fail.ENOTTY;
        }
    }

    private long Give(GuestTask task, uint command, ulong argument, int size)
    {
        byte* buffer = stackalloc byte[AttributesSize];
        Unsafe.InitBlock(buffer, 0, AttributesSize);
        long result = HostFiles.Plain(SysNr.ioctl, Number, (nint)command, (nint)buffer);
        return result < 0 ? result : HostMemory.Write(task.HostPid, argument, new ReadOnlySpan<byte>(buffer, size)) ? 0 : Fail.EFAULT;
    }

    private long GiveSpeeds(GuestTask task, ulong argument)
    {
        termios mode;
        long result = HostFiles.Plain(SysNr.ioctl, Number, (nint)Termbits.TCGETS, (nint)(&mode));
        return result < 0 ? result : HostMemory.Write(task.HostPid, argument, Modes.From(mode, Modes.Default)) ? 0 : Fail.EFAULT;
    }

    private long Take(GuestTask task, uint command, ulong argument, int size)
    {
        byte* buffer = stackalloc byte[AttributesSize];
        if (!HostMemory.Read(task.HostPid, argument, new Span<byte>(buffer, size)))
            return Fail.EFAULT;
        if (size == AttributesSize)
            console.StopsWriters = (((termios*)buffer)->c_lflag & Termbits.TOSTOP) != 0;
        return HostFiles.Plain(SysNr.ioctl, Number, (nint)command, (nint)buffer);
    }
}
