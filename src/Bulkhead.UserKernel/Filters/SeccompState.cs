using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Syscalls;

namespace Bulkhead.UserKernel.Filters;

/// <summary>A thread's seccomp mode (seccomp(2)): the newest filter and those before it. Immutable, so that children share it.</summary>
internal sealed class SeccompState
{
    public const int StrictMode = 1, FilterMode = 2;
    private const int MostInstructions = 32768, PenaltyOfAFilter = 4;
    private const uint ActionMask = 0xFFFF0000;

    /// <summary>AUDIT_ARCH_X86_64 of linux/audit.h.</summary>
    public const uint Architecture = 0xC000003E;

    private readonly FilterProgram? newest;
    private readonly SeccompState? older;
    private readonly int cost;
    private readonly bool[] allowed = [];
    private readonly bool[] passes = [];

    private SeccompState(FilterProgram? newest, SeccompState? older)
    {
        this.newest = newest;
        this.older = older;
        Count = newest is null ? 0 : (older?.Count ?? 0) + 1;
        cost = newest is null ? 0 : newest.Length + PenaltyOfAFilter + (older?.cost ?? 0);
        if (newest is not null)
            allowed = Allowed(newest, older);
        Asked = System.Array.TrueForAll(OfGate, Allows) ? 0 : AskAll;
        foreach ((int nr, uint bit) in AskedAlone)
            Asked |= Allows(nr) ? 0 : bit;
        passes = new bool[allowed.Length];
        for (int nr = 0; nr < allowed.Length; nr++)
            passes[nr] = allowed[nr] && !IsAsked(nr);
    }

    /// <summary>Numbers that every filter lets pass whatever the arguments are: nobody needs to ask again (as Linux's seccomp_cache_prepare).</summary>
    private static bool[] Allowed(FilterProgram newest, SeccompState? older)
    {
        bool[] allowed = new bool[SyscallTable.Size];
        for (int nr = 0; nr < allowed.Length; nr++)
        {
            var call = new seccomp_data { nr = nr, arch = Architecture };
            allowed[nr] = (older is null || older.Allows(nr)) && newest.TryRun(call, out uint word) && (word & ActionMask) == SeccompAbi.SECCOMP_RET_ALLOW;
        }
        return allowed;
    }

    public bool Allows(int nr) => (uint)nr < (uint)allowed.Length && allowed[nr];

    /// <summary>What the gate answers without asking (eng/native/gate, local_call).</summary>
    private static readonly int[] OfGate =
    [
        SysNr.getpid, SysNr.gettid, SysNr.getppid, SysNr.getuid, SysNr.geteuid, SysNr.getgid, SysNr.getegid, SysNr.sched_yield,
        SysNr.mmap, SysNr.mremap, SysNr.madvise, SysNr.munmap, SysNr.mprotect, SysNr.brk, SysNr.futex,
        SysNr.exit, SysNr.exit_group,
    ];

    /// <summary>Of its answers those that a profile may well leave out: the gate asks about each of them alone (enum asked of gate.h).</summary>
    private static readonly (int Nr, uint Bit)[] AskedAlone = [(SysNr.futex_waitv, 2), (SysNr.rt_sigprocmask, 4), (SysNr.set_robust_list, 8), (SysNr.rseq, 16), (SysNr.rt_sigaction, 32)];

    public const uint AskAll = 1;

    /// <summary>What the gate asks about although it could answer; 0: nothing.</summary>
    public uint Asked { get; }

    /// <summary>The gate asks about this one because of the filters.</summary>
    public bool IsAsked(int nr)
    {
        if ((Asked & AskAll) != 0)
            return true;
        foreach ((int alone, uint bit) in AskedAlone)
        {
            if (alone == nr && (Asked & bit) != 0)
                return true;
        }
        return false;
    }

    /// <summary>Allowed, and the gate asks about it whether there are filters or not.</summary>
    public bool Passes(int nr) => (uint)nr < (uint)passes.Length && passes[nr];

    /// <summary>Nothing but read, write, _exit and sigreturn.</summary>
    public static SeccompState Strict { get; } = new(null, null);

    public int Mode => newest is null ? StrictMode : FilterMode;

    public int Count { get; }

    /// <summary>With one filter more; null: ENOMEM, their instructions are too many.</summary>
    public static SeccompState? With(SeccompState? before, FilterProgram program)
    {
        var after = new SeccompState(program, before);
        return after.cost > MostInstructions ? null : after;
    }

    public bool Descends(SeccompState? ancestor)
    {
        for (SeccompState? each = this; each is not null; each = each.older)
        {
            if (each == ancestor)
                return true;
        }
        return ancestor is null;
    }

    /// <summary>The word that counts: of the strictest action, the newest filter's.</summary>
    public uint Decide(in seccomp_data call)
    {
        if (newest is null)
            return call.nr is SysNr.read or SysNr.write or SysNr.exit or SysNr.rt_sigreturn ? SeccompAbi.SECCOMP_RET_ALLOW : SeccompAbi.SECCOMP_RET_KILL_THREAD;
        uint result = SeccompAbi.SECCOMP_RET_ALLOW;
        for (SeccompState? each = this; each is not null; each = each.older)
        {
            uint word = each.newest!.Run(call);
            if ((int)(word & ActionMask) < (int)(result & ActionMask))
                result = word;
        }
        return result;
    }
}
