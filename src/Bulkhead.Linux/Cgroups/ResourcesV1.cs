using System.Collections.Generic;

namespace Bulkhead.Linux.Cgroups;

/// <summary>Limits as files of v1 controllers, in the order that the kernel's cross-checks need.</summary>
internal static class ResourcesV1
{
    public static void SetMemory(CgroupEntry memory, CgroupResources r)
    {
        SetMemoryAndSwap(memory, r);
        if ((r.MemoryReservation ?? 0) != 0)
            memory.Write("memory.soft_limit_in_bytes", r.MemoryReservation!.Value);
        if ((r.KernelTcpMemory ?? 0) != 0)
            memory.Write("memory.kmem.tcp.limit_in_bytes", r.KernelTcpMemory!.Value);
        if (r.UseHierarchy is bool hierarchy)
            memory.Write("memory.use_hierarchy", hierarchy ? "1" : "0");
        if (r.DisableOomKiller == true)
            memory.Write("memory.oom_control", "1");
        if (r.Swappiness is not ulong swappiness || swappiness == ulong.MaxValue)
            return;
        if (swappiness > 100)
            throw new StepException($"invalid memory swappiness value: {swappiness} (valid range is 0-100)");
        memory.Write("memory.swappiness", swappiness);
    }

    /// <summary>The kernel keeps memsw.limit at or above limit at every moment: raise the outer one first, lower the inner one first.</summary>
    private static void SetMemoryAndSwap(CgroupEntry memory, CgroupResources r)
    {
        long limit = r.MemoryLimit ?? 0, swap = r.MemorySwap ?? 0;
        if (r.CheckBeforeUpdate)
            RefuseBelowUse(memory, limit, swap);
        // "Unlimited memory" alone means unlimited swap as well, where the kernel counts swap.
        bool swapOptional = limit == -1 && swap == 0;
        if (swapOptional)
            swap = -1;
        bool swapFirst = limit != 0 && swap != 0 && (swap == -1 || memory.ReadNumber("memory.limit_in_bytes") is { Ok: true } now && now.Value < (ulong)swap);
        if (swapFirst)
            SetSwap(memory, swap, swapOptional);
        if (limit != 0)
            SetLimit(memory, limit);
        if (swap != 0 && !swapFirst)
            SetSwap(memory, swap, swapOptional);
    }

    private static void SetSwap(CgroupEntry memory, long swap, bool optional)
    {
        const string File = "memory.memsw.limit_in_bytes";
        Errno error = memory.TryWrite(File, CgroupIo.Text(swap));
        if (error != Errno.None && !(optional && error == Errno.ENOENT))
            throw memory.Failed(File, CgroupIo.Text(swap), error);
    }

    private static void SetLimit(CgroupEntry memory, long limit)
    {
        const string File = "memory.limit_in_bytes";
        Errno error = memory.TryWrite(File, CgroupIo.Text(limit));
        if (error == Errno.EBUSY)
        {
            ulong usage = memory.ReadNumber("memory.usage_in_bytes").Value, peak = memory.ReadNumber("memory.max_usage_in_bytes").Value;
            throw new StepException($"unable to set memory limit to {limit} (current usage: {usage}, peak usage: {peak})");
        }
        if (error != Errno.None)
            throw memory.Failed(File, CgroupIo.Text(limit), error);
    }

    private static void RefuseBelowUse(CgroupEntry memory, long limit, long swap)
    {
        if (memory.ReadNumber("memory.usage_in_bytes") is not { Ok: true } usage)
            return;
        if (swap > 0 && (ulong)swap <= usage.Value)
            throw new StepException($"rejecting memory+swap limit {swap} <= usage {usage.Value}");
        if (limit > 0 && (ulong)limit <= usage.Value)
            throw new StepException($"rejecting memory limit {limit} <= usage {usage.Value}");
    }

    /// <summary>Before a process joins: a real-time process is refused by a cpu cgroup without real-time budget.</summary>
    public static void SetCpu(CgroupEntry cpu, CgroupResources r)
    {
        if ((r.CpuShares ?? 0) != 0)
        {
            // sched_group_set_shares clamps silently; runc and we say so instead.
            ulong shares = r.CpuShares!.Value;
            if (shares < 2)
                throw new StepException("the minimum allowed cpu-shares is 2");
            if (shares > 262144)
                throw new StepException("the maximum allowed cpu-shares is 262144");
            cpu.Write("cpu.shares", shares);
        }
        // Quota, period and burst are checked against each other and the parent's: what is refused now may fit after the quota is set.
        bool quotaComes = (r.CpuQuota ?? 0) != 0;
        bool periodLeft = (r.CpuPeriod ?? 0) != 0 && !Early(cpu, "cpu.cfs_period_us", r.CpuPeriod!.Value, quotaComes);
        bool burstLeft = r.CpuBurst is not null && !Early(cpu, "cpu.cfs_burst_us", r.CpuBurst.Value, quotaComes);
        if (quotaComes)
            cpu.Write("cpu.cfs_quota_us", r.CpuQuota!.Value);
        if (periodLeft)
            cpu.Write("cpu.cfs_period_us", r.CpuPeriod!.Value);
        if (burstLeft)
            cpu.Write("cpu.cfs_burst_us", r.CpuBurst!.Value);
        if (r.CpuIdle is long idle)
            cpu.Write("cpu.idle", idle);
        bool runtimeComes = (r.RealtimeRuntime ?? 0) != 0;
        bool rtPeriodLeft = (r.RealtimePeriod ?? 0) != 0 && !Early(cpu, "cpu.rt_period_us", r.RealtimePeriod!.Value, runtimeComes);
        if (runtimeComes)
            cpu.Write("cpu.rt_runtime_us", r.RealtimeRuntime!.Value);
        if (rtPeriodLeft)
            cpu.Write("cpu.rt_period_us", r.RealtimePeriod!.Value);
    }

    /// <summary>Writes; false when the kernel answers EINVAL and a second chance comes.</summary>
    private static bool Early(CgroupEntry cpu, string file, ulong value, bool secondChance)
    {
        Errno error = cpu.TryWrite(file, CgroupIo.Text(value));
        if (error == Errno.EINVAL && secondChance)
            return false;
        return error == Errno.None ? true : throw cpu.Failed(file, CgroupIo.Text(value), error);
    }

    public static void SetCpuset(CgroupEntry cpuset, CgroupResources r)
    {
        if (!string.IsNullOrEmpty(r.Cpus))
            cpuset.Write("cpuset.cpus", r.Cpus);
        if (!string.IsNullOrEmpty(r.Mems))
            cpuset.Write("cpuset.mems", r.Mems);
    }

    public static void SetBlkio(CgroupEntry blkio, CgroupResources r)
    {
        if ((r.BlockWeight ?? 0) != 0)
            WriteWeight(blkio, "", CgroupIo.Text((long)r.BlockWeight!.Value));
        if ((r.BlockLeafWeight ?? 0) != 0)
            blkio.Write("blkio.leaf_weight", (long)r.BlockLeafWeight!.Value);
        foreach (BlockWeight device in r.BlockWeightDevices)
        {
            if (device.Weight != 0)
                WriteWeight(blkio, "_device", $"{device.Major}:{device.Minor} {device.Weight}");
            if (device.LeafWeight != 0)
                blkio.Write("blkio.leaf_weight_device", $"{device.Major}:{device.Minor} {device.LeafWeight}");
        }
        Throttle(blkio, "blkio.throttle.read_bps_device", r.ReadBps);
        Throttle(blkio, "blkio.throttle.write_bps_device", r.WriteBps);
        Throttle(blkio, "blkio.throttle.read_iops_device", r.ReadIops);
        Throttle(blkio, "blkio.throttle.write_iops_device", r.WriteIops);
    }

    /// <summary>Kernels before 5.0 have CFQ's file, later ones only BFQ's.</summary>
    private static void WriteWeight(CgroupEntry blkio, string suffix, string value)
    {
        if (blkio.TryWrite("blkio.weight" + suffix, value) != Errno.None)
            blkio.Write("blkio.bfq.weight" + suffix, value);
    }

    private static void Throttle(CgroupEntry blkio, string file, IReadOnlyList<BlockThrottle> devices)
    {
        for (int i = 0; i < devices.Count; i++)
            blkio.Write(file, $"{devices[i].Major}:{devices[i].Minor} {devices[i].Rate}");
    }

    public static void SetDevices(CgroupEntry devices, IReadOnlyList<DeviceRule> rules, bool fresh)
    {
        DeviceSet wanted = DeviceSet.Of(rules);
        if (!fresh && Transition(devices, wanted))
            return;
        if (wanted.AllowByDefault)
            devices.Write("devices.allow", "a");
        else
            devices.Write("devices.deny", "a");
        WriteAll(devices, wanted.AllowByDefault ? "devices.deny" : "devices.allow", wanted.Exceptions, null);
    }

    /// <summary>A running container must not lose /dev/null for a moment: only differences are written. False when the default differs.</summary>
    private static bool Transition(CgroupEntry devices, DeviceSet wanted)
    {
        DeviceSet now = DeviceSet.Parse(devices.Read("devices.list").OrThrow("read", devices.Path + "/devices.list"));
        if (now.AllowByDefault || wanted.AllowByDefault)
            return false;
        WriteAll(devices, "devices.allow", wanted.Exceptions, now.Exceptions);
        WriteAll(devices, "devices.deny", now.Exceptions, wanted.Exceptions);
        return true;
    }

    /// <summary>One open file, one write for each exception that <paramref name="known"/> lacks.</summary>
    private static void WriteAll(CgroupEntry devices, string file, List<DeviceException> exceptions, List<DeviceException>? known)
    {
        if (exceptions.Count == 0)
            return;
        using Fd fd = Sys.OpenAt(devices.Dir, file, Abi.Fcntl.O_WRONLY).OrThrow("open", devices.Path + "/" + file);
        foreach (DeviceException exception in exceptions)
        {
            int extra = exception.Access & ~Known(exception, known);
            if (extra == 0)
                continue;
            string text = (exception with { Access = extra }).Text();
            Errno error = CgroupIo.WriteTo(fd, text);
            if (error != Errno.None)
                throw devices.Failed(file, text, error);
        }
    }

    private static int Known(DeviceException exception, List<DeviceException>? known)
    {
        int access = 0;
        for (int i = 0; known is not null && i < known.Count; i++)
        {
            if (known[i].Type == exception.Type && known[i].Major == exception.Major && known[i].Minor == exception.Minor)
                access |= known[i].Access;
        }
        return access;
    }

    public static void SetNetPrio(CgroupEntry entry, IReadOnlyList<NetPriority> priorities)
    {
        for (int i = 0; i < priorities.Count; i++)
            entry.Write("net_prio.ifpriomap", $"{priorities[i].Interface} {priorities[i].Priority}");
    }
}
