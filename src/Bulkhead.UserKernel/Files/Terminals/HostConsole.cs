using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>
/// The sandbox's terminal: the host's line discipline, our job control. What the terminal signals arrives at the kernel process, its
/// session's leader on the host, and goes to the foreground group here.
/// </summary>
internal sealed class HostConsole : Terminal
{
    private int standard;

    /// <param name="kernel">Whose it is.</param>
    /// <param name="number">The host's descriptor.</param>
    public HostConsole(Kernel kernel, int number) : base(kernel)
    {
        standard = number;
        Node = new ConsoleNode(this);
    }

    public const string Path = "/dev/console";

    /// <summary>/dev/console.</summary>
    public ConsoleNode Node { get; }

    public override uint Device => (5 << 8) | 1;

    /// <summary>TOSTOP of termios(3), as the guests have set it.</summary>
    public bool StopsWriters { get; set; }

    /// <summary>As standard streams, by a descriptor of their own.</summary>
    public HostTerminal Standards(GuestTask init, int number) => new(init, number, this, Node, Path) { Flags = Fcntl.O_RDWR };

    /// <summary>Its session is over: nobody opens it any more.</summary>
    public void Close()
    {
        HostFiles.Close(standard);
        standard = -1;
    }

    /// <summary>Once more, with flags of its own.</summary>
    public override long Open(GuestTask task, int flags, Node node, string path, out OpenFile? file)
    {
        long number = HostFiles.Plain(SysNr.fcntl, standard, Fcntl.F_DUPFD_CLOEXEC);
        file = number < 0 ? null : new HostTerminal(task, (int)number, this, node, path);
        return file is null ? Fail.ENFILE : 0;
    }
}
