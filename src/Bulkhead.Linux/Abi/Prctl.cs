// Mirrors <linux/prctl.h>, <linux/securebits.h> and <linux/keyctl.h>.
namespace Bulkhead.Linux.Abi;

public static class Prctl
{
    public const int PR_SET_PDEATHSIG = 1;
    public const int PR_SET_DUMPABLE = 4;
    public const int PR_SET_KEEPCAPS = 8;
    public const int PR_SET_NAME = 15;
    public const int PR_CAPBSET_READ = 23;
    public const int PR_CAPBSET_DROP = 24;
    public const int PR_GET_SECUREBITS = 27;
    public const int PR_SET_SECUREBITS = 28;
    public const int PR_SET_CHILD_SUBREAPER = 36;
    public const int PR_GET_CHILD_SUBREAPER = 37;
    public const int PR_SET_NO_NEW_PRIVS = 38;
    public const int PR_CAP_AMBIENT = 47;
    public const int PR_CAP_AMBIENT_RAISE = 2;
    public const int PR_CAP_AMBIENT_CLEAR_ALL = 4;

    public const int SECBIT_NO_SETUID_FIXUP = 1 << 2;

    public const int KEYCTL_JOIN_SESSION_KEYRING = 1;
}
