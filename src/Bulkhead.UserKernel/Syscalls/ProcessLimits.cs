using System;
using Bulkhead.UserKernel.Cells;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Signals;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Syscalls;

/// <summary>What resource limits do (getrlimit(2)).</summary>
internal static class ProcessLimits
{
    private const int AdminCapability = 21, ResourceCapability = 24;
    private const ulong Infinity = ulong.MaxValue;

    /// <summary>The gate's own memory in a cell, with some room for its program and its stack.</summary>
    private const ulong GateMemory = GateLayout.StacksSize + (1 << 20);

    /// <summary>CPU time is looked at here; memory the host's kernel counts for the cell.</summary>
    public static void Apply(Process process, int resource)
    {
        if (resource == ResourceLimits.Cpu)
            process.CpuLimit.Set();
        if (resource is not (ResourceLimits.Data or ResourceLimits.AddressSpace) || process.Leader is not { HostPid: > 0, VforkParent: null } leader)
            return;
        ulong ours = resource switch
        {
            ResourceLimits.Data => GateMemory + process.Layout.StackSize,
            ResourceLimits.AddressSpace => GateMemory + GateLayout.ChannelSize,
            _ => 0,
        };
        ulong soft = process.Limits[resource].Soft;
        HostEvents.SetLimit(leader.HostPid, resource, soft > Infinity - ours ? Infinity : soft + ours);
    }

    /// <summary>A fresh cell knows nothing of its process's limits.</summary>
    public static void ApplyAll(Process process)
    {
        foreach (int resource in (ReadOnlySpan<int>)[ResourceLimits.Cpu, ResourceLimits.Data, ResourceLimits.AddressSpace])
        {
            if (process.Limits[resource].Soft != Infinity)
                Apply(process, resource);
        }
    }

    /// <summary>RLIMIT_NPROC: of the real user's threads in this sandbox.</summary>
    public static bool HasTooMany(GuestTask task)
    {
        ulong limit = task.Process.Limits[ResourceLimits.Processes].Soft;
        Credentials user = task.Credentials;
        if (limit == Infinity || user.Uid == 0 || user.Has(AdminCapability) || user.Has(ResourceCapability))
            return false;
        ulong count = 0;
        foreach (Process process in task.Kernel.Processes)
        {
            if ((process.Leader ?? process.Ended)?.Credentials.Uid == user.Uid)
                count += (ulong)Math.Max(1, process.Tasks.Count);
        }
        return count >= limit;
    }

    /// <summary>RLIMIT_FSIZE: how much of a write fits; EFBIG, with SIGXFSZ, when nothing does.</summary>
    public static long Clip(OpenFile file, long offset, long count)
    {
        if (file.Kernel.Current is not { } task || task.Process.Limits[ResourceLimits.FileSize].Soft is var limit && limit == Infinity || count == 0)
            return count;
        if (offset < 0)
            offset = (file.Flags & Linux.Abi.Fcntl.O_APPEND) != 0 ? file.Stat(out Linux.Abi.stat status) == 0 ? status.st_size : 0 : file.Seek(0, 1);
        if ((ulong)offset < limit)
            return (long)Math.Min((ulong)count, limit - (ulong)offset);
        return Exceeded(task);
    }

    /// <summary>The same for a file that is to grow to <paramref name="size"/>.</summary>
    public static long Grow(OpenFile file, long size)
    {
        if (file.Kernel.Current is not { } task || task.Process.Limits[ResourceLimits.FileSize].Soft is var limit && (ulong)size <= limit)
            return 0;
        return file.Stat(out Linux.Abi.stat status) == 0 && size <= status.st_size ? 0 : Exceeded(task);
    }

    private static long Exceeded(GuestTask task)
    {
        task.Kernel.SendSignal(task, SignalInfo.From(Linux.Abi.Signal.SIGXFSZ, SignalInfo.UserCode, task.Process.Pid, task.Credentials.Uid));
        return Fail.EFBIG;
    }
}
