using Bulkhead.Isolation.Plan;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;

namespace Bulkhead.Isolation.Hardened.Compile;

/// <summary>
/// A pty from the container's own devpts: its master goes to the console socket, its slave becomes the standard streams. Everything by
/// descriptor, after the file system was seen to be a devpts (CVE-2025-52565).
/// </summary>
internal sealed class TerminalSteps(CompileContext context, RootPaths paths)
{
    private const int StatfsSize = 120, MsghdrSize = 56, SolSocket = 1, ScmRights = 1;
    private const int TIOCSCTTY = 0x540E, TIOCSWINSZ = 0x5414, TIOCGPTPEER = 0x5441, TIOCSPTLCK = 0x40045431;
    private const int MsgNoSignal = 0x4000;
    private readonly SpawnProgram program = context.Program;

    /// <summary>Opens the pair: the slave's slot. The master is sent and closed.</summary>
    public Slot Open(ProcessPlan process, Fd console)
    {
        program.Step("open a terminal in the container", "/dev/pts/ptmx");
        Slot master = paths.OpenWith(program.NewSlot(), "/dev/pts/ptmx", Fcntl.O_RDWR | Fcntl.O_NOCTTY);
        Label isDevpts = program.NewLabel();
        ulong statfs = program.Reserve(StatfsSize);
        program.Call(SysNr.fstatfs, master, statfs);
        program.JumpIf(statfs, uint.MaxValue, (uint)Mount.DEVPTS_SUPER_MAGIC, isDevpts);
        program.Fail(Errno.ENODEV);
        program.Place(isDevpts);
        program.Call(SysNr.ioctl, master, TIOCSPTLCK, program.Struct(0));
        Slot slave = program.CallInto(program.NewSlot(), SysNr.ioctl, master, TIOCGPTPEER, Fcntl.O_RDWR | Fcntl.O_NOCTTY | Fcntl.O_CLOEXEC);
        if (FirstSize(process) is { } size)
        {
            ulong window = program.Bytes(WindowSize(size.Rows, size.Columns));
            program.Call(SysNr.ioctl, slave, TIOCSWINSZ, window);
        }
        if (process.Uid != 0)
        {
            program.Call(SysNr.fchown, slave, process.Uid, -1);
            program.Accept(Errno.EINVAL, Errno.EPERM);
        }
        SendMaster(master, context.Use(console));
        context.Close(master);
        return slave;
    }

    /// <summary>The configured size, else that of the caller's terminal: a program that asks at its first step must not see 0 x 0.</summary>
    private static (ushort Rows, ushort Columns)? FirstSize(ProcessPlan process)
    {
        if (process.ConsoleSize is { } size)
            return ((ushort)size.Height, (ushort)size.Width);
        return Sys.GetWindowSize(Fd.Borrow(0)) is { Ok: true } own ? (own.Value.ws_row, own.Value.ws_col) : null;
    }

    /// <summary>The slave as fds 0, 1, 2 and as the controlling terminal of the session.</summary>
    public void Attach(Slot slave)
    {
        program.Step("attach the terminal");
        program.Call(SysNr.ioctl, slave, TIOCSCTTY, 0);
        for (int fd = 0; fd <= 2; fd++)
            program.Call(SysNr.dup3, slave, fd, 0);
        context.Close(slave);
    }

    /// <summary>The slave as /dev/console.</summary>
    public void BindConsole(Slot slave, MountSteps mounts)
    {
        program.Step("mount the terminal at", "/dev/console");
        int mark = program.Mark();
        const int Clone = Mount.OPEN_TREE_CLONE | Mount.OPEN_TREE_CLOEXEC | Fcntl.AT_EMPTY_PATH;
        Slot tree = program.CallInto(program.NewSlot(), SysNr.open_tree, slave, program.Text(""), Clone);
        Slot target = paths.OpenOrMake(program.NewSlot(), "/dev/console", directory: false, follow: false);
        mounts.Move(tree, target);
        context.Close(tree);
        context.Close(target);
        program.Release(mark);
    }

    private void SendMaster(Slot master, Fd console)
    {
        program.Step("send the terminal to the console socket");
        const int ControlSize = 24, DataOffset = 16;
        ulong control = program.Reserve(ControlSize);
        program.Store64(control, 20);
        program.Store32(control + 8, SolSocket);
        program.Store32(control + 12, ScmRights);
        program.Store32(control + DataOffset, master);
        ulong text = program.Text("/dev/ptmx"), vector = program.Reserve(16), message = program.Reserve(MsghdrSize);
        program.Store64(vector, text);
        program.Store64(vector + 8, 9);
        program.Store64(message + 16, vector);
        program.Store64(message + 24, 1);
        program.Store64(message + 32, control);
        program.Store64(message + 40, ControlSize);
        program.Call(SysNr.sendmsg, console, message, MsgNoSignal);
    }

    private static byte[] WindowSize(ushort rows, ushort columns) =>
        [(byte)rows, (byte)(rows >> 8), (byte)columns, (byte)(columns >> 8), 0, 0, 0, 0];
}
