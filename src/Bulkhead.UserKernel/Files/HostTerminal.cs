using System;
using System.Runtime.CompilerServices;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files.Terminals;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files;

/// <summary>
/// The sandbox's terminal: the host's line discipline, our job control. What the terminal signals arrives at the kernel process, its
/// session's leader on the host, and goes to the foreground group here.
/// </summary>
internal sealed class HostConsole : Terminal
{
    private const int Standard = 0;

    public HostConsole(Kernel kernel) : base(kernel) => Node = new ConsoleNode(this);

    public const string Path = "/dev/console";

    /// <summary>/dev/console.</summary>
    public ConsoleNode Node { get; }

    public override uint Device => (5 << 8) | 1;

    /// <summary>TOSTOP of termios(3), as the guests have set it.</summary>
    public bool StopsWriters { get; set; }

    public HostTerminal Standards(GuestTask init) => new(init, Standard, this, Node, Path) { Flags = Fcntl.O_RDWR };

    /// <summary>Once more, with flags of its own.</summary>
    public override long Open(GuestTask task, int flags, Node node, string path, out OpenFile? file)
    {
        long number = HostFiles.Plain(SysNr.fcntl, Standard, Fcntl.F_DUPFD_CLOEXEC);
        file = number < 0 ? null : new HostTerminal(task, (int)number, this, node, path);
        return file is null ? Fail.ENFILE : 0;
    }
}

internal sealed class ConsoleNode(HostConsole console) : Node(StatMode.S_IFCHR | 0x190)
{
    public override stat Status(GuestTask task)
    {
        stat status = base.Status(task);
        status.st_rdev = console.Device;
        return status;
    }

    /// <summary>It never becomes anybody's terminal by being opened.</summary>
    public override long Open(GuestTask task, int flags, string path, out OpenFile? file) => console.Open(task, flags, this, path, out file);
}

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

    private long Take(GuestTask task, uint command, ulong argument, int size)
    {
        byte* buffer = stackalloc byte[AttributesSize];
        if (!HostMemory.Read(task.HostPid, argument, new Span<byte>(buffer, size)))
            return Fail.EFAULT;
        if (size == AttributesSize)
            console.StopsWriters = (((termios*)buffer)->c_lflag & Termbits.TOSTOP) != 0;
        return HostFiles.Plain(SysNr.ioctl, Number, (nint)command, (nint)buffer);
    }

    protected override void OnClose()
    {
        base.OnClose();
        const int LastStandard = 2;
        if (Number > LastStandard)
            HostFiles.Close(Number);
    }
}
