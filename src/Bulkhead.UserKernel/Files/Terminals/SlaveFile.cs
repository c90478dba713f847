using System;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs;

namespace Bulkhead.UserKernel.Files.Terminals;

/// <summary>/dev/pts/N or /dev/tty, once opened: the program's side of a pair.</summary>
internal sealed unsafe class SlaveFile : OpenFile
{
    private const long Tenth = 100_000_000;
    private readonly GuestTask opener;
    private readonly Node node;

    public SlaveFile(GuestTask opener, PseudoTerminal terminal, Node node, string path) : base(opener.Kernel)
    {
        this.opener = opener;
        this.node = node;
        Terminal = terminal;
        Name = path;
        Queue = terminal.SlaveQueue;
    }

    public PseudoTerminal Terminal { get; }

    public override string Name { get; }

    public override Node Changeable => node;

    /// <summary>The master was closed: reads find the end, the rest fails.</summary>
    public bool IsHungUp { get; set; }

    public override long Guard(GuestTask task, bool write)
    {
        // Who waits when the line is cut has an error; who comes later finds the end.
        if (IsHungUp)
            return !write && task.Retry && task.Progress == 0 ? Fail.EIO : 0;
        if (!write)
            return Terminal.Check(task, Signal.SIGTTIN);
        return (Terminal.Line.Mode.c_lflag & Termbits.TOSTOP) == 0 ? 0 : Terminal.Check(task, Signal.SIGTTOU);
    }

    /// <summary>What is there now; VMIN and VTIME are <see cref="ReadTimed"/>'s.</summary>
    public override long Read(byte* to, long count, long offset)
    {
        if (IsHungUp || count == 0)
            return 0;
        LineDiscipline line = Terminal.Line;
        if (!line.IsReadable(1))
            return Fail.EAGAIN;
        int taken = line.IsCanonical ? line.Input.TakeLine(to, count) : line.Input.Take(to, count);
        Terminal.InputTaken();
        return taken;
    }

    /// <summary>
    /// read(2) without canonical mode: <paramref name="least"/> bytes, or what has come until the time between two of them, or before the
    /// first where none is asked for, has passed (termios(3), MIN and TIME).
    /// </summary>
    private long ReadTimed(GuestTask task, ulong address, long count, int least, int tenths)
    {
        long done = task.Progress;
        HostBuffer bounce = task.Kernel.Bounce;
        long got = Read(bounce.Pointer, Math.Min(count - done, HostBuffer.BounceSize), -1);
        bool isFirst = !task.Retry;
        if (got > 0)
        {
            if (HostMemory.WriteSome(task.HostPid, address + (ulong)done, bounce.Pointer, got) != got)
                return Fail.EFAULT;
            done = task.Progress = done + got;
        }
        bool waits = done < Math.Min(count, Math.Max(least, 1)) && !IsHungUp && !task.TimedOut && (least > 0 || tenths > 0);
        if (!waits)
            return done;
        if (IsNonBlocking)
            return done > 0 ? done : Fail.EAGAIN;
        if (tenths > 0 && (least == 0 ? isFirst : got > 0))
        {
            task.Deadline = HostEvents.Now(1) + (tenths * Tenth);
            if (!isFirst)
                task.Kernel.Timers.WakeAt(task, task.Deadline);
        }
        Queue.Add(task);
        return Fail.Blocked;
    }

    /// <summary>read(2) by a guest, which may wait for more than one byte. False: as any other file.</summary>
    public override bool TryRead(GuestTask task, ulong address, long count, out long result)
    {
        LineDiscipline line = Terminal.Line;
        bool isRaw = !IsHungUp && !line.IsCanonical && count > 0;
        result = isRaw ? ReadTimed(task, address, count, line.Special(Termbits.VMIN), line.Special(Termbits.VTIME)) : 0;
        return isRaw;
    }

    public override long Write(byte* from, long count, long offset)
    {
        if (IsHungUp || Terminal.IsMasterClosed)
            return Fail.EIO;
        int taken = Terminal.Line.Write(from, (int)count);
        if (taken > 0)
            Terminal.MasterQueue.WakeAll(Kernel);
        return taken > 0 || count == 0 ? taken : Fail.EAGAIN;
    }

    public override uint Poll()
    {
        if (IsHungUp)
            return In | Out | Error | HangUp;
        LineDiscipline line = Terminal.Line;
        int least = line.Special(Termbits.VTIME) == 0 ? Math.Max(1, (int)line.Special(Termbits.VMIN)) : 1;
        return (line.IsReadable(least) ? In : 0) | (line.CanShow ? Out : 0);
    }

    public override long Control(GuestTask task, uint command, ulong argument)
    {
        if (IsHungUp)
            return command == Termbits.TIOCSPGRP ? Fail.ENOTTY : Fail.EIO;
        return Terminal.ControlSlave(task, this, command, argument);
    }

    public override long Stat(out stat status)
    {
        status = node.Status(opener);
        return 0;
    }

    protected override void OnClose()
    {
        if (!IsHungUp)
            Terminal.CloseSlave(this);
    }
}
