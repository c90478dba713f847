using System.Collections.Generic;
using static Bulkhead.Linux.Abi.Termbits;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>Towards the terminal: output processing, the echo, columns.</summary>
internal sealed unsafe partial class LineDiscipline
{
    private const int TabWidth = 8, MostEcho = 4096;

    /// <summary>The most bytes that one becomes.</summary>
    private const int MostExpansion = TabWidth;

    /// <summary>Echo is shown when all that came at once is looked at, or when there is this much: a signal drops what is not shown.</summary>
    private const int EchoBlock = 256;

    /// <summary>In the queue, beside plain bytes: ^X, and what depends on the column of that time.</summary>
    private const int EchoControl = 0x100, EchoLineStart = 0x200, EchoBack = 0x300, EchoTab = 0x400, EchoFirstTab = 0x500;
    private readonly Queue<int> echo = new();
    private int echoSize, echoCommitted;
    private bool isErasing;
    private int column, lineColumn;

    private static bool IsControl(byte value) => value < ' ' || value == 0x7f;

    private bool IsContinuation(byte value) => InputFlag(IUTF8) && (value & 0xC0) == 0x80;

    /// <summary>One byte can be written, whatever it becomes.</summary>
    public bool CanShow => !IsStopped && owner.OutputRoom >= MostExpansion;

    /// <summary>write(2) at the terminal's side: how many were taken, 0 when there is no room.</summary>
    public int Write(byte* from, int count)
    {
        FlushEcho();
        int done = 0;
        while (done < count && CanShow)
            Show(from[done++]);
        return done;
    }

    /// <summary>c_oflag (termios(3)).</summary>
    private void Show(byte value)
    {
        uint flags = mode.c_oflag;
        if ((flags & OPOST) == 0)
        {
            owner.Output(value);
            return;
        }
        switch (value)
        {
            case (byte)'\n':
                ShowLineEnd(flags);
                return;
            case (byte)'\r':
                if ((flags & ONOCR) != 0 && column == 0)
                    return;
                bool becomesNewLine = (flags & OCRNL) != 0;
                if (!becomesNewLine || (flags & ONLRET) != 0)
                    column = lineColumn = 0;
                owner.Output(becomesNewLine ? (byte)'\n' : value);
                return;
            case (byte)'\t':
                int spaces = TabWidth - (column % TabWidth);
                column += spaces;
                if ((flags & TABDLY) != XTABS)
                    break;
                for (; spaces > 0; spaces--)
                    owner.Output((byte)' ');
                return;
            case (byte)'\b':
                column -= column > 0 ? 1 : 0;
                break;
            default:
                if (IsControl(value))
                    break;
                if ((flags & OLCUC) != 0 && Letters.IsLower(value))
                    value -= Letters.Case;
                column += IsContinuation(value) ? 0 : 1;
                break;
        }
        owner.Output(value);
    }

    private void ShowLineEnd(uint flags)
    {
        if ((flags & (ONLCR | ONLRET)) != 0)
            column = 0;
        lineColumn = column;
        if ((flags & ONLCR) != 0)
            owner.Output((byte)'\r');
        owner.Output((byte)'\n');
    }

    private void Echo(byte value) => Echo((int)value);

    private void Echo(int what)
    {
        if (echoSize >= MostEcho)
            return;
        echo.Enqueue(what);
        echoSize += EchoSize(what);
    }

    /// <summary>What an entry takes in Linux's buffer, whose size decides when it is shown.</summary>
    private static int EchoSize(int what) => (what & ~0xFF) switch { 0 => what == 0xFF ? 2 : 1, EchoTab or EchoFirstTab => 3, _ => 2 };

    /// <summary>After each typed byte: a whole block is shown at once, less when all that came is looked at.</summary>
    private void CommitEcho()
    {
        if (echoSize >= EchoBlock && echoSize % EchoBlock <= echoCommitted % EchoBlock)
            FlushEcho();
    }

    public void FlushEcho()
    {
        while (echo.Count > 0 && CanShow)
        {
            int what = echo.Dequeue();
            echoSize -= EchoSize(what);
            ShowEcho(what);
        }
        echoCommitted = echoSize;
        IsEchoFull = echo.Count > 0 && !IsStopped;
    }

    /// <summary>Echo waits for the master to read.</summary>
    public bool IsEchoFull { get; private set; }

    /// <summary>What was typed in one piece is looked at.</summary>
    public void EndTyping()
    {
        if (Local(ECHO | ECHONL))
            FlushEcho();
    }

    private void DropEcho()
    {
        echo.Clear();
        echoSize = echoCommitted = 0;
    }

    private void ShowEcho(int what)
    {
        int value = what & 0xFF;
        switch (what & ~0xFF)
        {
            case EchoControl:
                owner.Output((byte)'^');
                owner.Output((byte)(value ^ 0x40));
                column += 2;
                break;
            case EchoLineStart:
                lineColumn = column;
                break;
            case EchoBack:
                column -= column > 0 ? 1 : 0;
                break;
            case EchoTab:
                ShowTabErased(value);
                break;
            case EchoFirstTab:
                ShowTabErased(value + lineColumn);
                break;
            default:
                Show((byte)value);
                break;
        }
    }

    private void ShowTabErased(int cells)
    {
        for (int back = TabWidth - (cells % TabWidth); back > 0; back--)
        {
            owner.Output((byte)'\b');
            column -= column > 0 ? 1 : 0;
        }
    }

    /// <summary>ECHOCTL: ^X for a control character.</summary>
    private void EchoTyped(byte value) => Echo(Local(ECHOCTL) && IsControl(value) && value != '\t' ? EchoControl | value : value);

    private void EchoLiteralMark()
    {
        FinishErasing();
        if (!Local(ECHOCTL))
            return;
        Echo((byte)'^');
        Echo((byte)'\b');
    }

    /// <summary>A line is about to begin here: tabs in it are counted from this column.</summary>
    private void MarkLineStart()
    {
        if (Input.Edited == 0)
            Echo(EchoLineStart);
    }
}
