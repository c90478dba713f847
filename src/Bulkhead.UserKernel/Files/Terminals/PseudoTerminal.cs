using System;
using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>A pair (pty(7)): a master, at which somebody plays the terminal, and a slave, which programs take for one.</summary>
internal sealed unsafe partial class PseudoTerminal : Terminal
{
    /// <summary>Bytes that wait for a reader: as many as Linux keeps in a port's buffer and in a line discipline.</summary>
    private const int MostTyped = 8192, MostShown = 8192 + InputQueue.Size;
    private const int CapSysAdmin = 21;
    private readonly PseudoTerminals all;
    private readonly LineDiscipline line;
    private readonly ByteQueue typed = new(MostTyped);
    private readonly ByteQueue shown = new(MostShown);
    private readonly List<SlaveFile> slaves = [];
    private winsize size;
    private bool isPumping;
    private int shownBefore;

    public PseudoTerminal(Kernel kernel, PseudoTerminals all, int number, GuestTask maker) : base(kernel)
    {
        this.all = all;
        Number = number;
        line = new LineDiscipline(this);
        Node = new SlaveNode(this, number, maker.Credentials.Fsuid);
    }

    public int Number { get; }

    /// <summary>/dev/pts/N.</summary>
    public SlaveNode Node { get; }

    public override uint Device => PseudoTerminals.Device(Number);

    /// <summary>The slave cannot be opened: so it is until unlockpt(3).</summary>
    public bool IsLocked { get; private set; } = true;

    public bool IsExclusive { get; set; }

    public bool IsMasterClosed { get; private set; }

    /// <summary>The slave was open and is not any more: the master reads EIO.</summary>
    public bool IsSlaveClosed { get; private set; }

    /// <summary>TIOCPKT: each read of the master begins with a status byte.</summary>
    public bool IsPacket { get; private set; }

    /// <summary>TIOCPKT_* that the master has not read.</summary>
    public uint PacketStatus { get; private set; }

    public WaitQueue MasterQueue { get; } = new();

    public WaitQueue SlaveQueue { get; } = new();

    public LineDiscipline Line => line;

    public int OutputRoom => shown.Room;

    public override long Open(GuestTask task, int flags, Node node, string path, out OpenFile? file)
    {
        file = null;
        if (IsLocked || IsMasterClosed)
            return Fail.EIO;
        if (IsExclusive && !task.Credentials.Has(CapSysAdmin))
            return Fail.EBUSY;
        IsSlaveClosed = false;
        var slave = new SlaveFile(task, this, node, path);
        slaves.Add(slave);
        file = slave;
        OwnOnOpen(task, flags);
        return 0;
    }

    /// <summary>From the line discipline, which has looked for room.</summary>
    public void Output(byte value) => shown.Put(value);

    /// <summary>What has not come to the master yet: what was shown before this typing has, as far as it keeps it.</summary>
    public void FlushOutput()
    {
        shown.Cut(isPumping ? shownBefore : InputQueue.Size);
        TellPacket(Termbits.TIOCPKT_FLUSHWRITE);
    }

    public void TellPacket(uint set, uint clear = 0)
    {
        if (IsPacket)
            PacketStatus = (PacketStatus & ~clear) | set;
        MasterQueue.WakeAll(Kernel);
    }

    /// <summary>Either side may find what it waits for.</summary>
    public void Changed()
    {
        Pump();
        MasterQueue.WakeAll(Kernel);
        SlaveQueue.WakeAll(Kernel);
    }

    /// <summary>The master types: how many bytes were taken, 0 when there is no room.</summary>
    public int Type(byte* from, int count)
    {
        int done = 0;
        while (done < count)
        {
            int before = done;
            while (done < count && typed.Room > 0)
                typed.Put(from[done++]);
            Pump();
            if (done == before)
                break;
        }
        if (done > 0)
            Changed();
        return done;
    }

    /// <summary>Through the line discipline while it has room. A signal may end whoever types: nothing here is told of that.</summary>
    private void Pump()
    {
        if (isPumping)
            return;
        isPumping = true;
        shownBefore = Math.Min(shown.Count, InputQueue.Size);
        bool any = false;
        for (; typed.Count > 0 && line.HasRoom; any = true)
            line.Receive(typed.Take());
        if (any)
            line.EndTyping();
        isPumping = false;
    }

    /// <summary>read(2) of the master; 0: nothing there.</summary>
    public int TakeShown(byte* to, long count)
    {
        if (count == 0)
            return 0;
        if (!IsPacket)
            return Drain(to, count);
        if (PacketStatus != 0)
        {
            *to = (byte)PacketStatus;
            PacketStatus = 0;
            return 1;
        }
        if (shown.Count == 0)
            return 0;
        *to = 0;
        return 1 + Drain(to + 1, count - 1);
    }

    private int Drain(byte* to, long count)
    {
        int taken = shown.Take(new Span<byte>(to, (int)Math.Min(count, InputQueue.Size)));
        if (taken == 0)
            return 0;
        if (line.IsEchoFull)
            line.FlushEcho();
        SlaveQueue.WakeAll(Kernel);
        return taken;
    }

    public bool HasStatus => IsPacket && PacketStatus != 0;

    public bool HasShown => shown.Count > 0 || HasStatus;

    public bool CanType => typed.Room > 0;

    /// <summary>The slave has taken input: there may be room again.</summary>
    public void InputTaken()
    {
        if (typed.Count == 0)
            return;
        Pump();
        MasterQueue.WakeAll(Kernel);
    }

    public void CloseSlave(SlaveFile slave)
    {
        slaves.Remove(slave);
        if (slaves.Count > 0)
            return;
        IsSlaveClosed = true;
        MasterQueue.WakeAll(Kernel);
    }

    public void CloseMaster()
    {
        IsMasterClosed = true;
        all.Remove(Number);
        HangUp();
    }

    /// <summary>Who has the slave open has nothing any more (vhangup(2)).</summary>
    private void HangUp()
    {
        foreach (SlaveFile slave in slaves)
            slave.IsHungUp = true;
        slaves.Clear();
        IsSlaveClosed = true;
        line.Input.Clear();
        LoseSession();
        Changed();
    }
}
