using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>What a session controls: its foreground group, and who may read and write (credentials(7), tty_ioctl(4)).</summary>
internal abstract class Terminal(Kernel kernel)
{
    private const int CapSysAdmin = 21;

    public Kernel Kernel { get; } = kernel;

    /// <summary>The session whose terminal it is; 0: none.</summary>
    public int Session { get; private set; }

    /// <summary>The process group that reads and is signalled; 0: none.</summary>
    public int Foreground { get; private set; }

    /// <summary>As /proc/PID/stat shows it.</summary>
    public abstract uint Device { get; }

    /// <summary>/dev/tty.</summary>
    public abstract long Open(GuestTask task, int flags, Node node, string path, out OpenFile? file);

    /// <summary>It becomes the terminal of the session that <paramref name="leader"/> leads.</summary>
    public void Own(Process leader)
    {
        leader.Terminal = this;
        Session = leader.Session;
        Foreground = leader.Group;
    }

    /// <summary>open(2) without O_NOCTTY: a leader without a terminal gets one that nobody has.</summary>
    public void OwnOnOpen(GuestTask task, int flags)
    {
        Process process = task.Process;
        bool reads = (flags & 3) is Fcntl.O_RDONLY or Fcntl.O_RDWR;
        if ((flags & Fcntl.O_NOCTTY) == 0 && reads && process.Session == process.Pid && process.Terminal is null && Session == 0)
            Own(process);
    }

    /// <summary>No session has it any more.</summary>
    public void Detach()
    {
        foreach (Process process in Kernel.Processes)
        {
            if (process.Terminal == this && process.Session == Session)
                process.Terminal = null;
        }
        Session = Foreground = 0;
    }

    public void SignalForeground(int signal)
    {
        if (Foreground != 0)
            Kernel.SignalGroup(Foreground, signal);
    }

    /// <summary>
    /// 0: go on. A background process that reads (SIGTTIN) or changes (SIGTTOU) its terminal is stopped with its group, unless nobody could
    /// continue it.
    /// </summary>
    public long Check(GuestTask task, int signal)
    {
        Process process = task.Process;
        if (process.Terminal != this || Foreground == 0 || process.Group == Foreground)
            return 0;
        bool ignored = process.Actions[signal].Handler == SignalAction.Ignore || (task.Mask & SignalSet.Of(signal)) != 0;
        if (ignored)
            return signal == Signal.SIGTTIN ? Fail.EIO : 0;
        if (Kernel.IsOrphaned(process.Group))
            return Fail.EIO;
        Kernel.SignalGroup(process.Group, signal);
        return Fail.Restart;
    }

    /// <summary>The requests of job control. False: another one. <paramref name="isMaster"/>: asked at the other side of a pair.</summary>
    public bool TryControl(GuestTask task, uint command, ulong argument, bool isMaster, bool canRead, out long result)
    {
        bool isMine = isMaster || task.Process.Terminal == this;
        switch (command)
        {
            case Termbits.TIOCGPGRP:
                result = isMine ? Put(task, argument, Foreground) : Fail.ENOTTY;
                return true;
            case Termbits.TIOCGSID:
                result = isMine && Session != 0 ? Put(task, argument, Session) : Fail.ENOTTY;
                return true;
            case Termbits.TIOCSPGRP:
                result = SetForeground(task, argument);
                return true;
            case Termbits.TIOCSCTTY:
                result = Acquire(task, argument, canRead);
                return true;
            case Termbits.TIOCNOTTY:
                result = GiveUp(task, isMaster);
                return true;
            default:
                result = 0;
                return false;
        }
    }

    private static long Put(GuestTask task, ulong address, int value) => HostMemory.Write(task.HostPid, address, value) ? 0 : Fail.EFAULT;

    private long SetForeground(GuestTask task, ulong argument)
    {
        long held = Check(task, Signal.SIGTTOU);
        if (held != 0)
            return held == Fail.EIO ? Fail.ENOTTY : held;
        if (!HostMemory.Read(task.HostPid, argument, out int group))
            return Fail.EFAULT;
        if (group < 0)
            return Fail.EINVAL;
        if (task.Process.Terminal != this || task.Process.Session != Session)
            return Fail.ENOTTY;
        if (!Kernel.SessionHasGroup(Session, group))
            return Kernel.Find(group) is null && Kernel.ProcessesOf(group).Count == 0 ? Fail.ESRCH : Fail.EPERM;
        Foreground = group;
        return 0;
    }

    private long Acquire(GuestTask task, ulong argument, bool canRead)
    {
        Process process = task.Process;
        bool leads = process.Session == process.Pid;
        if (leads && process.Session == Session)
            return 0;
        if (!leads || process.Terminal is not null)
            return Fail.EPERM;
        if (Session != 0)
        {
            if (argument != 1 || !task.Credentials.Has(CapSysAdmin))
                return Fail.EPERM;
            Detach(); // stolen
        }
        if (!canRead && !task.Credentials.Has(CapSysAdmin))
            return Fail.EPERM;
        Own(process);
        return 0;
    }

    private long GiveUp(GuestTask task, bool isMaster)
    {
        Process process = task.Process;
        if (isMaster || process.Terminal != this)
            return Fail.ENOTTY;
        if (process.Session == process.Pid)
        {
            int group = Foreground;
            Detach();
            if (group != 0)
            {
                Kernel.SignalGroup(group, Signal.SIGHUP);
                Kernel.SignalGroup(group, Signal.SIGCONT);
            }
        }
        process.Terminal = null;
        return 0;
    }

    /// <summary>The line is cut: the session's leader hears of it and nobody has it any more (tty_ioctl(4), TIOCVHANGUP).</summary>
    protected void LoseSession()
    {
        int session = Session, group = Foreground;
        Detach();
        if (session == 0 || Kernel.Find(session) is not { IsZombie: false } leader)
            return;
        leader.ForegroundAtHangUp = group;
        Kernel.SendSignal(leader, SignalInfo.From(Signal.SIGHUP, SignalInfo.KernelCode, 0, 0));
        Kernel.SendSignal(leader, SignalInfo.From(Signal.SIGCONT, SignalInfo.KernelCode, 0, 0));
    }
}
