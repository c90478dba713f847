using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files;

internal enum OwnerKind
{
    Thread,
    Process,
    Group,
}

/// <summary>Who gets a signal when something can be done with an open file: F_SETOWN, F_SETSIG and O_ASYNC of fcntl(2).</summary>
internal sealed class AsyncOwner(OpenFile file) : IQueueListener
{
    private const int PollIn = 1, PollOut = 2;
    private const ulong InBand = 0x41, OutBand = 0x304;
    private Credentials? setter;
    private bool isPending;
    private int fd;

    public OwnerKind Kind { get; private set; }

    /// <summary>A pid, thread or group; 0: nobody.</summary>
    public int Id { get; private set; }

    /// <summary>0: SIGIO, which does not tell what happened.</summary>
    public int Signal { get; set; }

    public bool IsOn { get; private set; }

    /// <summary>The rights to send are those of whoever names the owner.</summary>
    public void Set(OwnerKind kind, int id, Credentials by) => (Kind, Id, setter) = (kind, id, by);

    /// <summary>O_ASYNC; <paramref name="number"/> is the descriptor that the signal will name.</summary>
    public void Switch(bool on, int number)
    {
        fd = number;
        if (on == IsOn)
            return;
        IsOn = on;
        if (on)
            file.Queue.Listeners.Add(this);
        else
            file.Queue.Listeners.Remove(this);
    }

    /// <summary>The file's queue was woken. The signal goes a moment later: it may end a process, whose files are perhaps in use just now.</summary>
    public void Changed()
    {
        if (isPending || Id == 0)
            return;
        isPending = true;
        file.Kernel.Timers.At(0, _ => Tell());
    }

    /// <summary>A lease is to be given up (fcntl(2)).</summary>
    public void TellLease()
    {
        const int PollMessage = 3, MessageBand = 0x440;
        file.Kernel.Timers.At(0, _ => Deliver(Signal == 0
            ? SignalInfo.From(Linux.Abi.Signal.SIGIO, SignalInfo.KernelCode, 0, 0)
            : new SignalInfo { Signal = Signal, Code = PollMessage, Address = MessageBand, Status = fd }));
    }

    private void Tell()
    {
        isPending = false;
        uint events = IsOn ? file.Poll() : 0;
        bool reads = (events & (OpenFile.In | OpenFile.HangUp | OpenFile.Error)) != 0;
        if (!reads && (events & OpenFile.Out) == 0)
            return;
        SignalInfo info = Signal == 0
            ? SignalInfo.From(Linux.Abi.Signal.SIGIO, SignalInfo.KernelCode, 0, 0)
            : new SignalInfo { Signal = Signal, Code = reads ? PollIn : PollOut, Address = reads ? InBand : OutBand, Status = fd };
        Deliver(info);
    }

    private void Deliver(in SignalInfo info)
    {
        switch (Kind)
        {
            case OwnerKind.Thread when file.Kernel.FindTask(Id) is { } task && MaySend(task.Credentials):
                file.Kernel.SendSignal(task, info);
                break;
            case OwnerKind.Process when file.Kernel.Find(Id) is { } process:
                Send(process, info);
                break;
            case OwnerKind.Group:
                foreach (Process member in file.Kernel.ProcessesOf(Id).ToArray())
                    Send(member, info);
                break;
        }
    }

    private void Send(Process process, in SignalInfo info)
    {
        if (process.Leader is { } leader && MaySend(leader.Credentials))
            file.Kernel.SendSignal(process, info);
    }

    /// <summary>sigio_perm of fs/fcntl.c.</summary>
    private bool MaySend(Credentials target) =>
        setter!.Euid == 0 || setter.Euid == target.Suid || setter.Euid == target.Uid || setter.Uid == target.Suid || setter.Uid == target.Uid;
}
