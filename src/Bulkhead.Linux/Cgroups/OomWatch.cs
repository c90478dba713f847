using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Cgroups;

public enum OomEvent
{
    Timeout,

    /// <summary>The kernel killed for memory (v2), or the cgroup came to its limit (v1).</summary>
    Oom,

    /// <summary>The cgroup is empty (v2) or removed: no event will come.</summary>
    Gone,
}

/// <summary>Waits for out-of-memory events of one cgroup. <see cref="Fd"/> becomes readable (poll) when <see cref="Wait"/> has something.</summary>
public sealed class OomWatch : IDisposable
{
    private const short PollIn = 0x1;

    private readonly CgroupEntry _entry;
    private readonly Fd? _control;
    private ulong _kills;

    private OomWatch(CgroupEntry entry, Fd fd, Fd? control)
    {
        (_entry, Fd, _control) = (entry, fd, control);
        _kills = Kills();
    }

    public Fd Fd { get; }

    internal static OomWatch Start(CgroupEntry entry) => entry.IsUnified ? StartUnified(entry) : StartLegacy(entry);

    /// <summary>The next event. -1 waits without end.</summary>
    public OomEvent Wait(int timeoutMilliseconds)
    {
        Span<byte> buffer = stackalloc byte[4096];
        while (true)
        {
            int ready = Sys.PollOne(Fd, PollIn, timeoutMilliseconds).OrThrow("poll", _entry.Path);
            if (ready == 0)
                return OomEvent.Timeout;
            _ = Sys.Read(Fd, buffer);
            if (!_entry.IsUnified)
            {
                // The eventfd is also signalled when the cgroup is removed.
                return Sys.StatAt(Fd.Cwd, _entry.Path + "/memory.oom_control").Ok ? OomEvent.Oom : OomEvent.Gone;
            }
            ulong kills = Kills();
            if (kills > _kills)
            {
                _kills = kills;
                return OomEvent.Oom;
            }
            if (_entry.Read("cgroup.events") is not { Ok: true } events || CgroupIo.Keyed(events.Value, "populated") == 0)
                return OomEvent.Gone;
        }
    }

    public void Dispose()
    {
        Fd.Dispose();
        _control?.Dispose();
        _entry.Dispose();
    }

    /// <summary>cgroup-v1 memory.rst, section 10: "EVENTFD CONTROLFD" to cgroup.event_control.</summary>
    private static OomWatch StartLegacy(CgroupEntry entry)
    {
        Fd eventFd = Sys.EventFd(0, 0).OrThrow("eventfd");
        Fd control = Sys.OpenAt(entry.Dir, "memory.oom_control", Fcntl.O_RDONLY).OrThrow("open", entry.Path + "/memory.oom_control");
        entry.Write("cgroup.event_control", $"{eventFd.Value} {control.Value}");
        return new OomWatch(entry, eventFd, control);
    }

    private static OomWatch StartUnified(CgroupEntry entry)
    {
        Fd inotify = Sys.InotifyInit(0).OrThrow("inotify_init");
        _ = Sys.InotifyAddWatch(inotify, entry.Path + "/memory.events", Inotify.IN_MODIFY).OrThrow("watch", entry.Path + "/memory.events");
        _ = Sys.InotifyAddWatch(inotify, entry.Path + "/cgroup.events", Inotify.IN_MODIFY).OrThrow("watch", entry.Path + "/cgroup.events");
        return new OomWatch(entry, inotify, null);
    }

    private ulong Kills() => _entry.IsUnified && _entry.Read("memory.events") is { Ok: true } text ? CgroupIo.Keyed(text.Value, "oom_kill") ?? 0 : 0;
}
