using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Names;

/// <summary>Descriptors of directories, by which the host is asked for one name.</summary>
internal sealed unsafe partial class NameCache
{
    /// <summary>A sixteenth of what this process may have: the rest is for what guests open.</summary>
    private static readonly int MostDescriptors = (int)System.Math.Min(256, HostEvents.FileLimit / 16);
    private readonly List<Entry> opened = [];
    private long asked;

    /// <summary>An O_PATH descriptor of a directory, which stays ours; or -errno.</summary>
    public long Descriptor(Entry directory)
    {
        if (directory.Parent is null)
            return rootFd;
        directory.DescriptorTurn = ++asked;
        if (directory.Descriptor >= 0)
            return directory.Descriptor;
        long above = Descriptor(directory.Parent);
        if (above < 0)
            return above;
        long fd = HostFiles.Open((int)above, directory.Text, Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW);
        return fd < 0 ? fd : Keep(directory, (int)fd);
    }

    private int Keep(Entry directory, int fd)
    {
        if (opened.Count > 0 && opened.Count >= MostDescriptors)
            CloseOldest();
        directory.Descriptor = fd;
        opened.Add(directory);
        return fd;
    }

    /// <summary>A guest has the directory open: it is reached by that, whatever lies above it.</summary>
    public void Adopt(Entry directory, int guests)
    {
        if (directory.Descriptor >= 0 || directory.Parent is null)
            return;
        long fd = HostFiles.Plain(SysNr.fcntl, guests, Fcntl.F_DUPFD_CLOEXEC, 0);
        directory.DescriptorTurn = ++asked;
        if (fd >= 0)
            Keep(directory, (int)fd);
    }

    /// <summary>Its directory is reached by a descriptor that stays ours.</summary>
    public void Fill(ref Target target, Entry entry, Credentials user)
    {
        target.Entry = entry;
        target.IsResolved = true;
        target.Path = entry.Path;
        // Where a walk began that need not have come through what lies above.
        if (entry is { Descriptor: >= 0, Parent: { } above } && !IsSearchable(above, user))
        {
            entry.DescriptorTurn = ++asked;
            (target.Descriptor, target.Tail) = (entry.Descriptor + 1, ".");
            return;
        }
        long fd = entry.Parent is { } directory ? Descriptor(directory) : rootFd;
        if (fd >= 0)
            (target.Descriptor, target.Tail) = ((int)fd + 1, entry.Text);
    }

    /// <summary>What the running call has asked for stays open: no call asks for as many.</summary>
    private void CloseOldest()
    {
        Entry oldest = opened[0];
        foreach (Entry entry in opened)
        {
            if (entry.DescriptorTurn < oldest.DescriptorTurn)
                oldest = entry;
        }
        Close(oldest);
        opened.Remove(oldest);
    }

    private static void Close(Entry directory)
    {
        HostFiles.Close(directory.Descriptor);
        directory.Descriptor = -1;
    }
}
