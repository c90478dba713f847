using System;
using System.Runtime.CompilerServices;
using Bulkhead.Linux.Abi;
using static Bulkhead.Linux.Abi.Termbits;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>Terminal modes: those of a new terminal, and the speeds that c_cflag names.</summary>
internal static unsafe class Modes
{
    private const int HighSpeeds = 0x1001;

    /// <summary>B0 to B38400, and from 0x1001 on B57600 to B4000000.</summary>
    private static readonly uint[] Low = [0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400];

    private static readonly uint[] High = [57600, 115200, 230400, 460800, 500000, 576000, 921600, 1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000];

    /// <summary>What termios(3) calls sane.</summary>
    public static termios2 Default
    {
        get
        {
            var mode = new termios2
            {
                c_iflag = ICRNL | IXON,
                c_oflag = OPOST | ONLCR,
                c_cflag = B38400 | CS8 | CREAD,
                c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
                c_ispeed = 38400,
                c_ospeed = 38400,
            };
            ReadOnlySpan<byte> characters = [3, 0x1C, 0x7F, 0x15, 4, 0, 1, 0, 0x11, 0x13, 0x1A, 0, 0x12, 0x0F, 0x17, 0x16, 0, 0, 0];
            characters.CopyTo(new Span<byte>(mode.c_cc, NCCS));
            return mode;
        }
    }

    /// <summary>The older form, without speeds of its own, over <paramref name="before"/>.</summary>
    public static termios2 From(in termios older, in termios2 before)
    {
        termios2 mode = before;
        Unsafe.CopyBlock(&mode, Unsafe.AsPointer(ref Unsafe.AsRef(in older)), (uint)sizeof(termios));
        return WithSpeeds(mode);
    }

    public static termios Older(in termios2 mode)
    {
        termios2 copy = mode;
        return *(termios*)&copy;
    }

    /// <summary>CIBAUD 0: both directions have the speed of CBAUD; BOTHER: the numbers given.</summary>
    public static termios2 WithSpeeds(termios2 mode)
    {
        const int InputShift = 16;
        uint output = mode.c_cflag & CBAUD, input = (mode.c_cflag >> InputShift) & CBAUD;
        if (output != BOTHER)
            mode.c_ospeed = Speed(output, mode.c_ospeed);
        if (input == 0)
            mode.c_ispeed = mode.c_ospeed;
        else if (input != BOTHER)
            mode.c_ispeed = Speed(input, mode.c_ispeed);
        return mode;
    }

    private static uint Speed(uint code, uint otherwise)
    {
        if (code < (uint)Low.Length)
            return Low[code];
        uint high = code - HighSpeeds;
        return high < (uint)High.Length ? High[high] : otherwise;
    }
}
