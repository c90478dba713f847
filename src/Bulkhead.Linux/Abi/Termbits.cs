// Mirrors <asm/termbits.h>, <asm/ioctls.h> and <asm-generic/termios.h>: the kernel's termios, not libc's.
using System.Runtime.InteropServices;

namespace Bulkhead.Linux.Abi;

public static class Termbits
{
    public const uint TCGETS = 0x5401;
    public const uint TCSETS = 0x5402;
    public const uint TIOCSTI = 0x5412;
    public const uint TIOCLINUX = 0x541C;
    public const uint TIOCSCTTY = 0x540E;
    public const uint TIOCGWINSZ = 0x5413;
    public const uint TIOCSWINSZ = 0x5414;
    public const uint TIOCGPTN = 0x80045430;
    public const uint TIOCSPTLCK = 0x40045431;
    public const uint TIOCGPTPEER = 0x5441;

    public const uint IGNBRK = 0x001;
    public const uint BRKINT = 0x002;
    public const uint PARMRK = 0x008;
    public const uint ISTRIP = 0x020;
    public const uint INLCR = 0x040;
    public const uint IGNCR = 0x080;
    public const uint ICRNL = 0x100;
    public const uint IXON = 0x0400;

    public const uint OPOST = 0x01;
    public const uint ONLCR = 0x04;

    public const uint CSIZE = 0x30;
    public const uint CS8 = 0x30;
    public const uint PARENB = 0x100;

    public const uint ISIG = 0x01;
    public const uint ICANON = 0x02;
    public const uint ECHO = 0x08;
    public const uint ECHONL = 0x40;
    public const uint IEXTEN = 0x8000;

    public const int VTIME = 5;
    public const int VMIN = 6;
    public const int NCCS = 19;
}

/// <summary>struct termios of TCGETS and TCSETS.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct termios
{
    public uint c_iflag;
    public uint c_oflag;
    public uint c_cflag;
    public uint c_lflag;
    public byte c_line;
    public fixed byte c_cc[Termbits.NCCS];
}

[StructLayout(LayoutKind.Sequential)]
public struct winsize
{
    public ushort ws_row;
    public ushort ws_col;
    public ushort ws_xpixel;
    public ushort ws_ypixel;
}
