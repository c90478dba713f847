using System;
using System.Runtime.CompilerServices;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files;

/// <summary>
/// The sandbox's terminal: the host's line discipline, our job control. What the terminal signals arrives at the kernel process, its
/// session's leader on the host, and goes to the foreground group here.
/// </summary>
internal sealed unsafe class HostTerminal(Kernel kernel, int number) : HostStream(kernel, number)
{
    private const uint GetAttributes = 0x5401, SetAttributes = 0x5402, SetAfterOutput = 0x5403, SetAndFlush = 0x5404, Flush = 0x540B;
    private const uint MakeControlling = 0x540E, GetGroup = 0x540F, SetGroup = 0x5410, GetSize = 0x5413, SetSize = 0x5414, GetReady = 0x541B, GiveUp = 0x5422, GetSession = 0x5429;
    private const int AttributesSize = 36, SizeSize = 8;

    public int Session { get; set; }

    /// <summary>The process group that reads and is signalled.</summary>
    public int Foreground { get; set; }

    public override string Name => "/dev/console";

    /// <summary>0: go on. A background process that reads or changes a terminal is stopped (SIGTTIN, SIGTTOU; setpgid(2), tty_ioctl(4)).</summary>
    public long CheckJob(GuestTask task, int signal)
    {
        Process process = task.Process;
        if (process.Session != Session || process.Group == Foreground)
            return 0;
        bool ignored = process.Actions[signal].Handler == SignalAction.Ignore || (task.Mask & SignalSet.Of(signal)) != 0;
        if (ignored)
            return signal == Signal.SIGTTIN ? Fail.EIO : 0;
        SignalInfo info = SignalInfo.From(signal, SignalInfo.KernelCode, 0, 0);
        foreach (Process member in Kernel.ProcessesOf(process.Group))
            Kernel.SendSignal(member, info);
        return Fail.Restart;
    }

    public override long Control(GuestTask task, uint command, ulong argument)
    {
        switch (command)
        {
            case GetAttributes:
                return Give(task, command, argument, AttributesSize);
            case SetAttributes or SetAfterOutput or SetAndFlush:
                return CheckJob(task, Signal.SIGTTOU) is var held and not 0 ? held : Take(task, command, argument, AttributesSize);
            case GetSize:
                return Give(task, command, argument, SizeSize);
            case SetSize:
                return Take(task, command, argument, SizeSize);
            case GetReady:
                return Give(task, command, argument, sizeof(int));
            case Flush:
                return HostFiles.Plain(SysNr.ioctl, Number, (nint)command, (nint)argument);
            case GetGroup:
                return HostMemory.Write(task.HostPid, argument, Foreground) ? 0 : Fail.EFAULT;
            case GetSession:
                return HostMemory.Write(task.HostPid, argument, Session) ? 0 : Fail.EFAULT;
            case SetGroup:
                return SetForeground(task, argument);
            case MakeControlling:
                return task.Process.Session == Session ? 0 : Fail.EPERM;
            case GiveUp:
                return 0;
            default:
                return Fail.ENOTTY;
        }
    }

    private long SetForeground(GuestTask task, ulong argument)
    {
        if (!HostMemory.Read(task.HostPid, argument, out int group))
            return Fail.EFAULT;
        if (CheckJob(task, Signal.SIGTTOU) is var held and not 0)
            return held;
        if (group < 0)
            return Fail.EINVAL;
        if (task.Process.Session != Session)
            return Fail.ENOTTY;
        if (!Kernel.SessionHasGroup(Session, group))
            return Fail.EPERM;
        Foreground = group;
        return 0;
    }

    private long Give(GuestTask task, uint command, ulong argument, int size)
    {
        byte* buffer = stackalloc byte[AttributesSize];
        Unsafe.InitBlock(buffer, 0, AttributesSize);
        long result = HostFiles.Plain(SysNr.ioctl, Number, (nint)command, (nint)buffer);
        return result < 0 ? result : HostMemory.Write(task.HostPid, argument, new ReadOnlySpan<byte>(buffer, size)) ? 0 : Fail.EFAULT;
    }

    private long Take(GuestTask task, uint command, ulong argument, int size)
    {
        byte* buffer = stackalloc byte[AttributesSize];
        return HostMemory.Read(task.HostPid, argument, new Span<byte>(buffer, size))
            ? HostFiles.Plain(SysNr.ioctl, Number, (nint)command, (nint)buffer)
            : Fail.EFAULT;
    }
}
