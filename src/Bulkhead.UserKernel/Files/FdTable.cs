using System.Collections.Generic;
using Bulkhead.UserKernel.Files.Locks;

namespace Bulkhead.UserKernel.Files;

/// <summary>Descriptors of a process.</summary>
internal sealed class FdTable
{
    private readonly List<(OpenFile? File, bool CloseOnExec)> entries = [];
    private int users = 1;

    /// <summary>Files on which its process holds record locks; null: it never did.</summary>
    public HashSet<FileLocks>? Locked { get; set; }

    public int Count => entries.Count;

    public OpenFile? this[int fd] => fd >= 0 && fd < entries.Count ? entries[fd].File : null;

    public bool IsCloseOnExec(int fd) => entries[fd].CloseOnExec;

    public void SetCloseOnExec(int fd, bool value) => entries[fd] = (entries[fd].File, value);

    /// <summary>The lowest free number from <paramref name="from"/>; EMFILE from <paramref name="limit"/> on. Takes over the reference.</summary>
    public long Add(OpenFile file, bool closeOnExec, ulong limit, int from = 0)
    {
        int fd = from;
        while (fd < entries.Count && entries[fd].File is not null)
            fd++;
        if ((ulong)fd >= limit)
        {
            file.Release();
            return Fail.EMFILE;
        }
        Set(fd, file, closeOnExec);
        NoteFull(file, limit);
        return fd;
    }

    /// <summary>open(2) of what is not there is EMFILE from now on, where a gate may know better by what it was told before.</summary>
    public void NoteFull(OpenFile file, ulong limit)
    {
        if (!HasRoom(limit))
            file.Kernel.ForgetLasting();
    }

    /// <summary>A number below <paramref name="limit"/> is free.</summary>
    public bool HasRoom(ulong limit)
    {
        if ((ulong)entries.Count < limit)
            return true;
        for (int fd = 0; (ulong)fd < limit; fd++)
        {
            if (entries[fd].File is null)
                return true;
        }
        return false;
    }

    /// <summary>Takes over the reference; what was there is closed.</summary>
    public void Set(int fd, OpenFile file, bool closeOnExec)
    {
        while (entries.Count <= fd)
            entries.Add((null, false));
        OpenFile? before = entries[fd].File;
        entries[fd] = (file, closeOnExec);
        LetGo(before);
    }

    private void LetGo(OpenFile? file)
    {
        if (file is not null && Locked is { Count: > 0 })
            file.Kernel.Locks.DescriptorClosed(this, file);
        file?.Release();
    }

    public long Close(int fd)
    {
        if (this[fd] is not { } file)
            return Fail.EBADF;
        entries[fd] = (null, false);
        file.DescriptorClosed();
        LetGo(file);
        return 0;
    }

    public FdTable Share()
    {
        users++;
        return this;
    }

    public FdTable Copy()
    {
        var copy = new FdTable();
        foreach ((OpenFile? file, bool closeOnExec) in entries)
            copy.entries.Add((file?.Share(), closeOnExec));
        return copy;
    }

    /// <summary>execve(2): a table of the process's own, without what closes then.</summary>
    public FdTable ForExec()
    {
        FdTable own = this;
        if (users > 1)
        {
            own = Copy();
            Release();
        }
        for (int fd = 0; fd < own.entries.Count; fd++)
        {
            if (own.entries[fd] is { File: not null, CloseOnExec: true })
                own.Close(fd);
        }
        return own;
    }

    public void Release()
    {
        if (--users > 0)
            return;
        for (int fd = 0; fd < entries.Count; fd++)
        {
            OpenFile? file = entries[fd].File;
            entries[fd] = (null, false);
            LetGo(file);
        }
    }
}
