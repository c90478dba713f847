namespace Bulkhead.Linux.Cgroups;

public sealed partial class Cgroup
{
    /// <summary>Watches for out-of-memory events.</summary>
    public OomWatch WatchOom()
    {
        CgroupEntry entry = IsUnified ? _entries[0] : Need(CgroupControllers.Memory, "out-of-memory events");
        return OomWatch.Start(new CgroupEntry(entry.Key, entry.Controllers, entry.Path));
    }

    /// <summary>How often the kernel killed for memory here; null where it does not count (v1 before 4.13).</summary>
    public ulong? OomKills()
    {
        CgroupEntry? entry = IsUnified ? _entries[0] : Find(CgroupControllers.Memory);
        return entry?.Read(IsUnified ? "memory.events" : "memory.oom_control") is { Ok: true } text ? CgroupIo.Keyed(text.Value, "oom_kill") : null;
    }
}
