// Mirrors <asm/signal.h> and <linux/wait.h>.
namespace Bulkhead.Linux.Abi;

public static class Signal
{
    public const int SIGHUP = 1;
    public const int SIGINT = 2;
    public const int SIGQUIT = 3;
    public const int SIGKILL = 9;
    public const int SIGPIPE = 13;
    public const int SIGTERM = 15;
    public const int SIGCHLD = 17;
    public const int SIGCONT = 18;
    public const int SIGSTOP = 19;
    public const int SIGWINCH = 28;

    public const int SIG_BLOCK = 0;
    public const int SIG_SETMASK = 2;

    public const int WNOHANG = 1;
    public const int WEXITED = 4;
    public const int WNOWAIT = 0x01000000;
    public const int P_PID = 1;
    public const int P_PIDFD = 3;
    public const int CLD_EXITED = 1;
}
