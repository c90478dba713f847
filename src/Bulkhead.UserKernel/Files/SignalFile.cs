using System;
using System.Runtime.InteropServices;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Files;

/// <summary>signalfd(2): signals of whoever reads, not of who made it.</summary>
internal sealed unsafe class SignalFile(Kernel kernel, ulong mask) : AnonymousFile(kernel)
{
    private const int RecordSize = 128;
    private ulong wanted = mask & ~SignalSet.Unblockable;

    public override string Name => "anon_inode:[signalfd]";

    public override WaitQueue Queue => Kernel.Current!.Process.SignalChanges;

    public void SetMask(ulong mask)
    {
        wanted = mask & ~SignalSet.Unblockable;
        Queue.WakeAll(Kernel);
    }

    public override long Read(byte* to, long count, long offset)
    {
        if (count < RecordSize)
            return Fail.EINVAL;
        GuestTask task = Kernel.Current!;
        long done = 0;
        while (done + RecordSize <= count && task.TakeSignal(wanted, out SignalInfo info))
        {
            Describe(info, new Span<byte>(to + done, RecordSize));
            done += RecordSize;
        }
        return done > 0 ? done : Fail.EAGAIN;
    }

    public override long Write(byte* from, long count, long offset) => Fail.EINVAL;

    /// <summary>Nothing to seek, and no error (noop_llseek).</summary>
    public override long Seek(long offset, int whence) => 0;

    public override uint Poll() => ((Kernel.Current!.Pending.Set | Kernel.Current!.Process.Pending.Set) & wanted) != 0 ? In : 0;

    /// <summary>struct signalfd_siginfo: which fields there are depends on who sent it, as in siginfo_t.</summary>
    private static void Describe(in SignalInfo info, Span<byte> record)
    {
        record.Clear();
        Span<int> words = MemoryMarshal.Cast<byte, int>(record);
        Span<ulong> longs = MemoryMarshal.Cast<byte, ulong>(record);
        (words[0], words[1], words[2]) = (info.Signal, info.Error, info.Code);
        bool isFault = info.Code > 0 && info.Code != SignalInfo.KernelCode && (SignalSet.Synchronous & SignalSet.Of(info.Signal)) != 0;
        if (isFault)
        {
            longs[8] = info.Address;
            return;
        }
        if (info.Code == SignalInfo.TimerCode)
            (words[6], words[8]) = (info.TimerId, info.Overrun);
        else
            (words[3], words[4]) = (info.Pid, (int)info.Uid);
        if (info.Signal == Linux.Abi.Signal.SIGCHLD && info.Code > 0)
        {
            words[10] = info.Status;
            return;
        }
        if (info.Code is not (SignalInfo.UserCode or SignalInfo.KernelCode or SignalInfo.ThreadCode))
            (words[11], longs[6]) = ((int)info.Value, info.Value);
    }
}
