// Mirrors <asm/termbits.h>, <asm/ioctls.h> and <asm-generic/termios.h>: the kernel's termios, not libc's.
using System.Runtime.InteropServices;

namespace Bulkhead.Linux.Abi;

public static class Termbits
{
    public const uint TCGETS = 0x5401;
    public const uint TCSETS = 0x5402;
    public const uint TCSETSW = 0x5403;
    public const uint TCSETSF = 0x5404;
    public const uint TCSBRK = 0x5409;
    public const uint TCXONC = 0x540A;
    public const uint TCFLSH = 0x540B;
    public const uint TIOCEXCL = 0x540C;
    public const uint TIOCNXCL = 0x540D;
    public const uint TIOCSCTTY = 0x540E;
    public const uint TIOCGPGRP = 0x540F;
    public const uint TIOCSPGRP = 0x5410;
    public const uint TIOCOUTQ = 0x5411;
    public const uint TIOCSTI = 0x5412;
    public const uint TIOCGWINSZ = 0x5413;
    public const uint TIOCSWINSZ = 0x5414;
    public const uint FIONREAD = 0x541B;
    public const uint TIOCLINUX = 0x541C;
    public const uint TIOCPKT = 0x5420;
    public const uint TIOCNOTTY = 0x5422;
    public const uint TIOCSETD = 0x5423;
    public const uint TIOCGETD = 0x5424;
    public const uint TCSBRKP = 0x5425;
    public const uint TIOCSBRK = 0x5427;
    public const uint TIOCCBRK = 0x5428;
    public const uint TIOCGSID = 0x5429;
    public const uint TIOCVHANGUP = 0x5437;
    public const uint TCGETS2 = 0x802C542A;
    public const uint TCSETS2 = 0x402C542B;
    public const uint TCSETSW2 = 0x402C542C;
    public const uint TCSETSF2 = 0x402C542D;
    public const uint TIOCGPTN = 0x80045430;
    public const uint TIOCSPTLCK = 0x40045431;
    public const uint TIOCGDEV = 0x80045432;
    public const uint TIOCSIG = 0x40045436;
    public const uint TIOCGPKT = 0x80045438;
    public const uint TIOCGPTLCK = 0x80045439;
    public const uint TIOCGEXCL = 0x80045440;
    public const uint TIOCGPTPEER = 0x5441;

    public const uint TIOCPKT_FLUSHREAD = 1;
    public const uint TIOCPKT_FLUSHWRITE = 2;
    public const uint TIOCPKT_STOP = 4;
    public const uint TIOCPKT_START = 8;
    public const uint TIOCPKT_NOSTOP = 16;
    public const uint TIOCPKT_DOSTOP = 32;
    public const uint TIOCPKT_IOCTL = 64;

    public const int TCOOFF = 0;
    public const int TCOON = 1;
    public const int TCIOFF = 2;
    public const int TCION = 3;
    public const int TCIFLUSH = 0;
    public const int TCOFLUSH = 1;
    public const int TCIOFLUSH = 2;

    public const uint IGNBRK = 0x001;
    public const uint BRKINT = 0x002;
    public const uint PARMRK = 0x008;
    public const uint ISTRIP = 0x020;
    public const uint INLCR = 0x040;
    public const uint IGNCR = 0x080;
    public const uint ICRNL = 0x100;
    public const uint IUCLC = 0x0200;
    public const uint IXON = 0x0400;
    public const uint IXANY = 0x0800;
    public const uint IUTF8 = 0x4000;

    public const uint OPOST = 0x01;
    public const uint OLCUC = 0x02;
    public const uint ONLCR = 0x04;
    public const uint OCRNL = 0x08;
    public const uint ONOCR = 0x10;
    public const uint ONLRET = 0x20;
    public const uint TABDLY = 0x1800;
    public const uint XTABS = 0x1800;

    public const uint CBAUD = 0x100F;
    public const uint B38400 = 0x0F;
    public const uint BOTHER = 0x1000;
    public const uint CSIZE = 0x30;
    public const uint CS8 = 0x30;
    public const uint CREAD = 0x80;
    public const uint PARENB = 0x100;

    public const uint ISIG = 0x01;
    public const uint ICANON = 0x02;
    public const uint ECHO = 0x08;
    public const uint ECHOE = 0x10;
    public const uint ECHOK = 0x20;
    public const uint ECHONL = 0x40;
    public const uint NOFLSH = 0x80;
    public const uint TOSTOP = 0x100;
    public const uint ECHOCTL = 0x200;
    public const uint ECHOPRT = 0x400;
    public const uint ECHOKE = 0x800;
    public const uint IEXTEN = 0x8000;
    public const uint EXTPROC = 0x10000;

    public const int VINTR = 0;
    public const int VQUIT = 1;
    public const int VERASE = 2;
    public const int VKILL = 3;
    public const int VEOF = 4;
    public const int VTIME = 5;
    public const int VMIN = 6;
    public const int VSTART = 8;
    public const int VSTOP = 9;
    public const int VSUSP = 10;
    public const int VEOL = 11;
    public const int VREPRINT = 12;
    public const int VDISCARD = 13;
    public const int VWERASE = 14;
    public const int VLNEXT = 15;
    public const int VEOL2 = 16;
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

/// <summary>struct termios2 of TCGETS2 and TCSETS2: termios and the speeds as numbers.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct termios2
{
    public uint c_iflag;
    public uint c_oflag;
    public uint c_cflag;
    public uint c_lflag;
    public byte c_line;
    public fixed byte c_cc[Termbits.NCCS];
    public uint c_ispeed;
    public uint c_ospeed;
}

[StructLayout(LayoutKind.Sequential)]
public struct winsize
{
    public ushort ws_row;
    public ushort ws_col;
    public ushort ws_xpixel;
    public ushort ws_ypixel;
}
