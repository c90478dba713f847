using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>
/// A terminal of the host's, the sandbox's or one that an exec brought: the host's line discipline, our job control. What it signals arrives at
/// its session's leader on the host, and goes to the foreground group here. Guests see it as a slave of devpts, and as /dev/console.
/// </summary>
internal sealed class HostConsole : Terminal
{
    private readonly int number;
    private int standard;

    /// <param name="kernel">Whose it is.</param>
    /// <param name="standard">The host's descriptor.</param>
    /// <param name="owner">The user that it is made for.</param>
    public HostConsole(Kernel kernel, int standard, uint owner) : base(kernel)
    {
        this.standard = standard;
        int taken = 0;
        Node = kernel.Terminals.Add(free => new SlaveNode(this, taken = free, owner));
        number = taken;
    }

    public SlaveNode Node { get; }

    public override uint Device => PseudoTerminals.Device(number);

    /// <summary>TOSTOP of termios(3), as the guests have set it.</summary>
    public bool StopsWriters { get; set; }

    /// <summary>As standard streams, by a descriptor of their own.</summary>
    public HostTerminal Standards(GuestTask init, int fd) => new(init, fd, this, Node, Node.Path) { Flags = Fcntl.O_RDWR };

    /// <summary>Its session is over: nobody opens it any more.</summary>
    public void Close()
    {
        Kernel.Terminals.Remove(number);
        HostFiles.Close(standard);
        standard = -1;
    }

    /// <summary>Once more, with flags of its own. It never becomes anybody's terminal by being opened.</summary>
    public override long Open(GuestTask task, int flags, Node node, string path, out OpenFile? file)
    {
        long again = HostFiles.Plain(SysNr.fcntl, standard, Fcntl.F_DUPFD_CLOEXEC);
        file = again < 0 ? null : new HostTerminal(task, (int)again, this, node, path);
        return file is null ? Fail.ENFILE : 0;
    }
}
