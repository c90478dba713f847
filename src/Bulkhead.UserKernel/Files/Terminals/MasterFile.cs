using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>/dev/ptmx, once opened: the terminal's side of a pair.</summary>
internal sealed unsafe class MasterFile : OpenFile
{
    private readonly GuestTask opener;
    private readonly PseudoTerminal terminal;
    private readonly Node node;

    public MasterFile(GuestTask opener, PseudoTerminal terminal, Node node, string path) : base(opener.Kernel)
    {
        this.opener = opener;
        this.terminal = terminal;
        this.node = node;
        Name = path;
        Queue = terminal.MasterQueue;
    }

    public override string Name { get; }

    public override long Read(byte* to, long count, long offset)
    {
        int taken = terminal.TakeShown(to, count);
        if (taken > 0 || count == 0)
            return taken;
        return terminal.IsSlaveClosed ? Fail.EIO : Fail.EAGAIN;
    }

    public override long Write(byte* from, long count, long offset)
    {
        int taken = terminal.Type(from, (int)count);
        return taken > 0 || count == 0 ? taken : Fail.EAGAIN;
    }

    public override uint Poll() => (terminal.HasShown ? In : 0) | (terminal.HasStatus ? Priority : 0)
        | (terminal.IsSlaveClosed ? HangUp : 0) | (terminal.CanType ? Out : 0);

    public override long Control(GuestTask task, uint command, ulong argument) => terminal.ControlMaster(task, this, command, argument);

    public override long Stat(out stat status)
    {
        status = node.Status(opener);
        return 0;
    }

    protected override void OnClose() => terminal.CloseMaster();
}
