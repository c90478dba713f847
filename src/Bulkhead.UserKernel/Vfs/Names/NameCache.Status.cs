using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;

namespace Bulkhead.UserKernel.Vfs.Names;

/// <summary>Attributes, and until when they count.</summary>
internal sealed unsafe partial class NameCache
{
    /// <summary>Grows with every call that may change attributes.</summary>
    public long Turn { get; set; } = 1;

    /// <summary>A file was mapped that guests may change by writing to memory: attributes are not kept any more where there is writing.</summary>
    public bool IsMapped { get; set; }

    /// <summary>A file with several names may be changed by another one.</summary>
    public bool HasStatus(Entry entry) => (entry.IsFixed && entry.IsSeen)
        || (entry.StatusTurn == Turn && !IsMapped && (entry.Status.st_nlink == 1 || entry.Kind is EntryKind.Directory or EntryKind.Absent));

    /// <summary>What an entry stands for changes, and the directory that it is in; null: not known which.</summary>
    public void Touch(Entry? entry)
    {
        if (entry is null)
        {
            Turn++;
            return;
        }
        entry.StatusTurn = 0;
        if (entry.Parent is { } directory)
            directory.StatusTurn = 0;
    }

    /// <summary>A file was read or changed by a descriptor.</summary>
    public void Touch(OpenFile? file)
    {
        if (file is not HostFile host)
            return; // none of the host's
        if (host.Opened is { Entry: { IsForgotten: false } entry } opened && opened.Forgotten == Forgotten)
            entry.StatusTurn = 0;
        else
            Turn++;
    }

    /// <summary>stat(2) of an entry: as it is known, or asked for again.</summary>
    public long StatusOf(Entry entry, out stat status)
    {
        if (entry.Kind != EntryKind.Absent && !HasStatus(entry))
        {
            long error = Refresh(entry);
            if (error < 0)
            {
                status = default;
                return error;
            }
        }
        status = entry.Status;
        return entry.Kind == EntryKind.Absent ? Fail.ENOENT : 0;
    }

    private long Refresh(Entry entry)
    {
        stat status = default;
        long fd = Itself(entry), error;
        if (fd >= 0)
            error = HostFiles.Stat((int)fd, out status);
        else if ((fd = Descriptor(entry.Parent!)) < 0)
            return NotKnown;
        else
        {
            fixed (byte* p = entry.Name)
                error = HostFiles.StatAt((int)fd, p, &status);
        }
        if (error == 0)
            (entry.Status, entry.StatusTurn, entry.IsSeen) = (status, Turn, true);
        else
            Forget(entry);
        return error;
    }

    /// <summary>faccessat2(2) by the thread's ids.</summary>
    public long Access(Entry entry, int mode)
    {
        const int EffectiveIds = 0x200;
        long fd = Itself(entry);
        if (fd >= 0)
            return HostFiles.Named(SysNr.faccessat2, (int)fd, "", mode, EffectiveIds | Fcntl.AT_EMPTY_PATH);
        fd = Descriptor(entry.Parent!);
        if (fd < 0)
            return NotKnown;
        fixed (byte* p = entry.Name)
            return Linux.Sys.Direct(SysNr.faccessat2, (nint)fd, (nint)p, mode, EffectiveIds | Fcntl.AT_SYMLINK_NOFOLLOW);
    }

    /// <summary>A descriptor of what the entry stands for, where there is one: what lies above it need not be searchable. Below 0: none.</summary>
    private int Itself(Entry entry) => entry.Parent is null ? rootFd : entry.Descriptor;
}
