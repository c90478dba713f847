using Bulkhead.Linux.Abi;
using static Bulkhead.Linux.Abi.Termbits;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>
/// What lies between the two sides of a pair (termios(3), tty_ioctl(4)): typed bytes become lines, signals and an echo, written bytes become
/// what a terminal shows.
/// </summary>
internal sealed unsafe partial class LineDiscipline(PseudoTerminal owner)
{
    /// <summary>A special character that is switched off.</summary>
    private const byte Disabled = 0;
    private bool isLiteral;
    private bool isStoppedByCall;
    private termios2 mode = Terminals.Modes.Default;

    public InputQueue Input { get; } = new();

    /// <summary>Output waits: STOP was typed, or TCOOFF.</summary>
    public bool IsStopped { get; private set; }

    public ref readonly termios2 Mode => ref mode;

    public bool IsCanonical => Local(ICANON);

    private bool Local(uint flag) => (mode.c_lflag & flag) != 0;

    private bool InputFlag(uint flag) => (mode.c_iflag & flag) != 0;

    /// <summary>c_cc.</summary>
    public byte Special(int index) => mode.c_cc[index];

    private bool Is(byte value, int special) => value != Disabled && mode.c_cc[special] == value;

    /// <summary>One more typed byte can be taken.</summary>
    public bool HasRoom => Input.HasRoom(IsCanonical);

    /// <summary>Something can be read: a line, or in raw mode <paramref name="least"/> bytes.</summary>
    public bool IsReadable(int least) => IsCanonical ? Input.Complete > 0 : Input.Count >= least;

    /// <summary>A typed byte.</summary>
    public void Receive(byte value)
    {
        int before = echoSize;
        Look(value);
        if (echoSize != before)
            CommitEcho();
    }

    private void Look(byte value)
    {
        if (InputFlag(ISTRIP))
            value &= 0x7f;
        if (InputFlag(IUCLC) && Local(IEXTEN) && Letters.IsUpper(value))
            value |= Letters.Case;
        if (isLiteral)
        {
            isLiteral = false;
            Store(value);
            return;
        }
        if (Flow(value) || Signals(value))
            return;
        if (IsStopped && !isStoppedByCall && InputFlag(IXON) && InputFlag(IXANY))
            Start();
        bool isReturn = value == '\r';
        if (isReturn)
        {
            if (InputFlag(IGNCR))
                return;
            if (InputFlag(ICRNL))
                value = (byte)'\n';
        }
        else if (value == '\n' && InputFlag(INLCR))
        {
            value = (byte)'\r';
        }
        if (!IsCanonical || !Edit(value))
            Store(value, showsPlainly: isReturn && value == '\n');
    }

    private bool Flow(byte value)
    {
        if (!InputFlag(IXON))
            return false;
        if (Is(value, VSTART))
        {
            Start();
            return true;
        }
        if (!Is(value, VSTOP))
            return false;
        Stop();
        return true;
    }

    private bool Signals(byte value)
    {
        if (!Local(ISIG))
            return false;
        int signal = Is(value, VINTR) ? Signal.SIGINT : Is(value, VQUIT) ? Signal.SIGQUIT : Is(value, VSUSP) ? Signal.SIGTSTP : 0;
        if (signal == 0)
            return false;
        owner.SignalForeground(signal);
        if (!Local(NOFLSH))
        {
            DropEcho();
            owner.FlushOutput();
            FlushInput();
        }
        if (InputFlag(IXON))
            TryStart();
        if (Local(ECHO))
            EchoTyped(value);
        return true;
    }

    /// <summary>Characters that change the line or end it. False: an ordinary one.</summary>
    private bool Edit(byte value)
    {
        bool extended = Local(IEXTEN);
        if (Is(value, VERASE) || Is(value, VKILL) || (extended && Is(value, VWERASE)))
        {
            Erase(value);
            return true;
        }
        if (extended && Is(value, VLNEXT))
        {
            isLiteral = true;
            if (Local(ECHO))
                EchoLiteralMark();
            return true;
        }
        if (extended && Local(ECHO) && Is(value, VREPRINT))
        {
            Reprint(value);
            return true;
        }
        if (value == '\n')
        {
            if (Local(ECHO | ECHONL))
                Echo((byte)'\n');
            EndLine(value);
            return true;
        }
        if (Is(value, VEOF))
        {
            EndLine(null);
            return true;
        }
        if (!Is(value, VEOL) && !(extended && Is(value, VEOL2)))
            return false;
        if (Local(ECHO))
        {
            MarkLineStart();
            EchoTyped(value);
        }
        EndLine(value);
        return true;
    }

    private void EndLine(byte? end)
    {
        if (end is { } value)
            Input.PutEnd(value);
        else
            Input.PutEndOfFile();
    }

    private void Store(byte value, bool showsPlainly = false)
    {
        if (Local(ECHO))
        {
            FinishErasing();
            MarkLineStart();
            if (showsPlainly)
                Echo(value);
            else
                EchoTyped(value);
        }
        Input.Put(value);
    }

    public void FlushInput()
    {
        Input.Clear();
        isErasing = false;
        owner.TellPacket(TIOCPKT_FLUSHREAD);
    }

    private void Stop()
    {
        if (IsStopped)
            return;
        IsStopped = true;
        owner.TellPacket(TIOCPKT_STOP, TIOCPKT_START);
    }

    private bool TryStart()
    {
        if (!IsStopped || isStoppedByCall)
            return false;
        IsStopped = false;
        owner.TellPacket(TIOCPKT_START, TIOCPKT_STOP);
        owner.Changed();
        return true;
    }

    private void Start()
    {
        if (TryStart())
            FlushEcho();
    }

    /// <summary>tcflow(3) TCOOFF and TCOON: what a call has stopped only a call starts.</summary>
    public void StopByCall(bool stop)
    {
        bool wasStopped = isStoppedByCall;
        isStoppedByCall = stop;
        if (stop)
            Stop();
        else if (wasStopped)
            TryStart();
    }

    /// <summary>tcflow(3) TCIOFF and TCION: to the master, past a stop that was typed.</summary>
    public void Send(byte value)
    {
        if (value == Disabled || isStoppedByCall || owner.OutputRoom == 0)
            return;
        bool wasStopped = TryStart();
        owner.Output(value);
        if (wasStopped)
            Stop();
        owner.Changed();
    }

    /// <summary>tcsetattr(3): takes the new modes and brings what is typed already into their order.</summary>
    public void SetMode(in termios2 wanted)
    {
        termios2 before = mode;
        mode = wanted;
        // A pair has no line whose bytes could be narrower (pty(7)).
        mode.c_cflag = (mode.c_cflag & ~(CSIZE | PARENB)) | CS8 | CREAD;
        if (((before.c_lflag ^ mode.c_lflag) & ICANON) != 0)
        {
            if (IsCanonical)
                Input.CompleteAll();
            else
                Input.ForgetLines();
            isErasing = isLiteral = false;
        }
        if (!InputFlag(IXON) && (before.c_iflag & IXON) != 0)
            Start();
        bool flowed = HasUsualFlow(before), flows = HasUsualFlow(mode);
        if (flowed != flows)
            owner.TellPacket(flows ? TIOCPKT_DOSTOP : TIOCPKT_NOSTOP, TIOCPKT_DOSTOP | TIOCPKT_NOSTOP);
        if (((before.c_lflag | mode.c_lflag) & EXTPROC) != 0)
            owner.TellPacket(TIOCPKT_IOCTL);
        owner.Changed();
    }

    private static bool HasUsualFlow(termios2 of) => (of.c_iflag & IXON) != 0 && of.c_cc[VSTOP] == 0x13 && of.c_cc[VSTART] == 0x11;
}
