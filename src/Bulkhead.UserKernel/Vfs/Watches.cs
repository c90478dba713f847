using System.Collections.Generic;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs;

/// <summary>IN_* of inotify(7).</summary>
internal static class Happened
{
    public const uint Access = 1, Modify = 2, Attributes = 4, CloseWrite = 8, CloseNoWrite = 0x10, Open = 0x20, MovedFrom = 0x40, MovedTo = 0x80;
    public const uint Create = 0x100, Delete = 0x200, DeleteSelf = 0x400, MoveSelf = 0x800, Overflow = 0x4000, Ignored = 0x8000, All = 0xfff;
    public const uint OnlyDirectory = 0x01000000, DontFollow = 0x02000000, ExclUnlink = 0x04000000, MaskCreate = 0x10000000, MaskAdd = 0x20000000;
    public const uint IsDirectory = 0x40000000, OneShot = 0x80000000;
}

/// <summary>A file whichever name it has.</summary>
internal readonly record struct FileKey(ulong Device, ulong Inode)
{
    public static FileKey Of(in stat status) => new(status.st_dev, status.st_ino);
}

/// <summary>An inode that an inotify instance looks at.</summary>
internal sealed class Watch(InotifyFile owner, int number, FileKey key)
{
    public InotifyFile Owner => owner;

    public int Number => number;

    public FileKey Key => key;

    /// <summary>Events and IN_ONESHOT.</summary>
    public uint Mask { get; set; }

    /// <summary>Its last name is gone, but somebody still has it open.</summary>
    public bool IsUnlinked { get; set; }
}

/// <summary>
/// All watches of the sandbox. Changes are told by our own file calls: what the host does by itself to the files is not seen. Nothing is asked
/// of the host while nobody watches.
/// </summary>
internal sealed class Watches(Kernel kernel)
{
    public const int Most = 65536, MostInstances = 512;
    private readonly Dictionary<FileKey, List<Watch>> byKey = [];
    private uint lastCookie;

    public bool IsEmpty => byKey.Count == 0;

    public int Count { get; private set; }

    /// <summary>inotify instances: each may hold a long queue of events.</summary>
    public int Instances { get; set; }

    public uint NewCookie() => ++lastCookie;

    public void Add(Watch watch)
    {
        if (!byKey.TryGetValue(watch.Key, out List<Watch>? list))
            byKey.Add(watch.Key, list = []);
        list.Add(watch);
        Count++;
    }

    public void Remove(Watch watch)
    {
        if (!byKey.TryGetValue(watch.Key, out List<Watch>? list) || !list.Remove(watch))
            return;
        Count--;
        if (list.Count == 0)
            byKey.Remove(watch.Key);
    }

    /// <summary>To those who watch the inode itself.</summary>
    public void Tell(FileKey key, uint what, string name = "", uint cookie = 0)
    {
        if (!byKey.TryGetValue(key, out List<Watch>? list))
            return;
        foreach (Watch watch in list.ToArray())
        {
            if ((watch.Mask & what & Happened.All) == 0)
                continue;
            watch.Owner.Tell(watch.Number, what, name, cookie);
            if ((watch.Mask & Happened.OneShot) != 0)
                watch.Owner.Forget(watch);
        }
    }

    /// <summary>To those who watch an open file of the host, and to those who watch the directory that it lies in.</summary>
    public void TellFile(int fd, uint what)
    {
        if (IsEmpty || HostFiles.Stat(fd, out stat status) < 0)
            return;
        if ((status.st_mode & StatMode.S_IFMT) == StatMode.S_IFDIR)
            what |= Happened.IsDirectory;
        if (HostFiles.Place(fd, status.st_nlink == 0, out stat parent, out string name))
            Tell(FileKey.Of(parent), what, name);
        Tell(FileKey.Of(status), what);
    }

    /// <summary>To those who watch the directory.</summary>
    public void TellEntry(int directory, string name, uint what, uint cookie = 0)
    {
        if (!IsEmpty && HostFiles.Stat(directory, out stat status) == 0)
            Tell(FileKey.Of(status), what, name, cookie);
    }

    /// <summary>A name is gone, which was told. With the last one goes the inode, unless it is still open.</summary>
    public void TellUnlinked(in stat before)
    {
        FileKey key = FileKey.Of(before);
        bool isDirectory = (before.st_mode & StatMode.S_IFMT) == StatMode.S_IFDIR;
        if (!byKey.TryGetValue(key, out List<Watch>? list) || (!isDirectory && before.st_nlink > 1))
            return;
        if (!IsOpen(key))
        {
            TellGone(key);
            return;
        }
        foreach (Watch watch in list)
            watch.IsUnlinked = true;
    }

    /// <summary>A file is about to be closed for good.</summary>
    public void TellClosed(int fd, bool wrote)
    {
        if (IsEmpty || HostFiles.Stat(fd, out stat status) < 0)
            return;
        TellFile(fd, wrote ? Happened.CloseWrite : Happened.CloseNoWrite);
        FileKey key = FileKey.Of(status);
        if (byKey.TryGetValue(key, out List<Watch>? list) && list.Exists(watch => watch.IsUnlinked) && !IsOpen(key))
            TellGone(key);
    }

    private void TellGone(FileKey key)
    {
        Tell(key, Happened.DeleteSelf);
        if (!byKey.TryGetValue(key, out List<Watch>? list))
            return;
        foreach (Watch watch in list.ToArray())
            watch.Owner.Forget(watch);
    }

    private bool IsOpen(FileKey key)
    {
        foreach (Process process in kernel.Processes)
        {
            for (int fd = 0; !process.IsZombie && fd < process.Files.Count; fd++)
            {
                if (process.Files[fd] is HostFile file && file.Stat(out stat status) == 0 && FileKey.Of(status) == key)
                    return true;
            }
        }
        return false;
    }
}
