using System;
using System.Text;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs.Names;

namespace Bulkhead.UserKernel.Vfs;

/// <summary>The walk along a path by what is known of names (<see cref="NameCache"/>): it asks the host for one name where one is not known.</summary>
internal sealed partial class FileSystem
{
    private NameCache? names;

    /// <summary>Made when the first path is looked at: the sandbox's mounts are all there then.</summary>
    public NameCache Names => names ??= new NameCache(new MountMap(kernel, Inside, kernel.Options.Exclusive, mounts.Keys), Root);

    /// <summary>After each call: what it looked at before it changed something is not known any more.</summary>
    public void NoteCall(GuestTask task, int nr)
    {
        if (names is null)
            return;
        const ulong Anonymous = 0x20;
        switch (NameEffects.Of(nr))
        {
            case NameEffect.None or NameEffect.Names:
                return;
            case NameEffect.Descriptor:
                Names.Touch(task.Process.Files[(int)task.A0]);
                return;
            case NameEffect.Mapping:
                if ((task.A3 & Anonymous) == 0)
                    Names.Touch(task.Process.Files[(int)task.A4]);
                return;
            case NameEffect.Rights:
                kernel.ForgetLasting();
                return;
            case NameEffect.Modes:
                names.ForgetSearchers();
                break;
            default:
                break;
        }
        names.Turn++;
    }

    /// <summary>
    /// What the path names: 0 and an entry, which may say that nothing is there, or -errno, or <see cref="NameCache.NotKnown"/> where this walk does
    /// not lead: the kernel's own trees, trees that others change, processes with another root.
    /// </summary>
    public long Look(GuestTask task, int dirfd, ReadOnlySpan<byte> path, bool follow, out Entry? found, bool makes = false)
    {
        found = null;
        if (!Names.IsOn || path.Length is 0 or >= MostPath || task.Process.Place.Root.Length != 1)
            return NameCache.NotKnown;
        Entry? start = path[0] == '/' ? Names.Root : Start(task, dirfd);
        isLasting = path[0] == '/' && start is { IsFixed: true };
        int links = 0;
        return start is null ? NameCache.NotKnown : Look(task.Credentials, start, path, follow, ref links, out found, makes);
    }

    /// <summary>The last look went only through what nobody changes.</summary>
    private bool isLasting;

    /// <summary>An answer by path that the gate may repeat: what is not there, and what is no link, where that stays so.</summary>
    public long Lasting(GuestTask task, long result)
    {
        task.IsLasting = isLasting && result is Fail.ENOENT or Fail.ENOTDIR or Fail.EINVAL && task.MayLast;
        return result;
    }

    /// <summary>Where a relative path begins; null: not known.</summary>
    private Entry? Start(GuestTask task, int dirfd)
    {
        if (Base(task, dirfd, ".", out string name, out OpenFile? directory, out bool isGone) < 0 || isGone || directory is null)
            return null;
        if (directory.Entry is { } remembered && directory.EntryTurn == Names.Forgotten && ReferenceEquals(directory.EntryName, name))
        {
            Names.Adopt(remembered, directory.HostFd);
            return remembered;
        }
        // What lies above a directory that is held need not be searchable for who holds it.
        byte[] path = Encoding.Latin1.GetBytes(name);
        int links = 0;
        Entry? found = Names.Find(path);
        // Without links: one that has come into the way leads elsewhere than the descriptor.
        if (found is null && (Look(task.Credentials, Names.Root, path, follow: false, ref links, out found) != 0 || links > 0))
            found = NameOf(directory) == name ? Names.Enter(path) : null;
        if (found?.Kind != EntryKind.Directory)
            return null;
        Names.Adopt(found, directory.HostFd);
        (directory.Entry, directory.EntryTurn, directory.EntryName) = (found, Names.Forgotten, name);
        return found;
    }

    private long Look(Credentials user, Entry here, ReadOnlySpan<byte> path, bool follow, ref int links, out Entry? found, bool makes = false)
    {
        found = null;
        if (path.Length > 0 && path[0] == '/')
            here = Names.Root;
        for (; ; )
        {
            path = path.TrimStart((byte)'/');
            if (path.IsEmpty)
            {
                found = here;
                return 0;
            }
            int end = path.IndexOf((byte)'/');
            ReadOnlySpan<byte> part = end < 0 ? path : path[..end];
            ReadOnlySpan<byte> rest = end < 0 ? default : path[end..];
            path = rest;
            bool isLast = rest.TrimStart((byte)'/').IsEmpty;
            long error = Next(user, here, part, out Entry? next, makes && isLast && rest.IsEmpty);
            if (error < 0)
                return error;
            if (next!.Kind == EntryKind.Link && (!isLast || follow || !rest.IsEmpty))
                error = Follow(user, here, ref next, ref links);
            if (error < 0)
                return error;
            bool isDirectory = next!.Kind == EntryKind.Directory;
            if (isLast && (isDirectory || next.Kind == EntryKind.Absent || rest.IsEmpty))
            {
                found = next;
                return 0;
            }
            if (!isDirectory)
                return next.Kind == EntryKind.Absent ? Fail.ENOENT : Fail.ENOTDIR;
            here = next;
        }
    }

    private long Follow(Credentials user, Entry here, ref Entry? next, ref int links)
    {
        if (++links > MostLinks)
            return Fail.ELOOP;
        byte[] link = next!.Link!;
        if (link.Length == 0)
            return Fail.ENOENT;
        long error = Look(user, here, link, follow: true, ref links, out next);
        // A slash at its end asks for a directory: nothing else is made there.
        return error == 0 && next!.Kind == EntryKind.Absent && link[^1] == '/' ? Fail.ENOENT : error;
    }

    /// <summary>One part of a path.</summary>
    private long Next(Credentials user, Entry here, ReadOnlySpan<byte> part, out Entry? next, bool makes = false)
    {
        long error = Step(user, here, part, out next, makes);
        isLasting &= next is { IsFixed: true };
        return error;
    }

    private long Step(Credentials user, Entry here, ReadOnlySpan<byte> part, out Entry? next, bool makes)
    {
        next = null;
        if (part.Length > MostName)
            return NameCache.NotKnown;
        bool isSearchable = Names.IsSearchable(here, user);
        if (part.SequenceEqual("."u8) || part.SequenceEqual(".."u8))
        {
            next = part.Length == 1 ? here : here.Parent ?? here;
            return isSearchable ? 0 : Names.MaySearch(here, user);
        }
        if (!Names.IsKnowable(here, part))
            return NameCache.NotKnown;
        next = isSearchable ? Names.Find(here, part) : null;
        if (next is null && makes && isSearchable && !here.HoldsMounts)
            next = NameCache.Unseen(here, part);
        long error = next is null ? Names.Learn(here, part, user, out next) : 0;
        return error == 0 && next!.Kind == EntryKind.Foreign ? NameCache.NotKnown : error;
    }

    /// <summary>A name in a directory changes, or just has.</summary>
    public void Forget(in Target target, int directory, string name)
    {
        if (target.Entry is { } known)
        {
            Names.Forget(known, Encoding.Latin1.GetBytes(name));
            known.StatusTurn = 0;
        }
        else
            Forget(directory, name);
    }

    /// <summary>The same of one that has just been removed.</summary>
    public void ForgetRemoved(in Target target, int directory, string name)
    {
        Forget(target, directory, name);
        if (target.Entry is { IsForgotten: false } known)
            Names.NoteAbsent(known, Encoding.Latin1.GetBytes(name));
    }

    /// <summary>What <see cref="Parent"/> gave.</summary>
    public static void Return(in Target target, long directory)
    {
        if (!target.IsBorrowed)
            HostFiles.Close((int)directory);
    }

    /// <summary>What is about to change, or just has, was found without a look at what is known: by the name that the host tells.</summary>
    private void Forget(int fd, string? name)
    {
        if (!Names.IsOn)
            return;
        Names.Turn++;
        if (HostFiles.DescriptorName(fd, out string path) < 0 || Inside(path) is not { } inside)
            Names.Clear();
        else
            Names.Forget(name is null ? inside : inside + "/" + name);
    }

    /// <summary>open(2) of what is there already, by its entry.</summary>
    public long OpenKnown(GuestTask task, int dirfd, ReadOnlySpan<byte> path, int flags, out OpenFile? file)
    {
        file = null;
        bool follow = (flags & Fcntl.O_NOFOLLOW) == 0, mustBeDirectory = EndsAsDirectory(path);
        long error = Look(task, dirfd, path, follow || mustBeDirectory, out Entry? entry);
        if (error < 0)
            return Lasting(task, error);
        if (entry!.Kind == EntryKind.Absent)
            return Lasting(task, Fail.ENOENT);
        var target = new Target { MustBeDirectory = mustBeDirectory };
        Names.Fill(ref target, entry, task.Credentials);
        return Open(task, follow, flags, 0, target, out file);
    }

    private static bool EndsAsDirectory(ReadOnlySpan<byte> path)
    {
        ReadOnlySpan<byte> last = path[(path.LastIndexOf((byte)'/') + 1)..];
        return last.IsEmpty || last.SequenceEqual("."u8) || last.SequenceEqual(".."u8);
    }

    /// <summary>A target that is known, as the calls that ask the host want it.</summary>
    private bool Locate(GuestTask task, int dirfd, string path, bool follow, ref Target target, out long error)
    {
        Span<byte> bytes = stackalloc byte[path.Length];
        Encoding.Latin1.GetBytes(path, bytes);
        target.MustBeDirectory = EndsAsDirectory(bytes);
        target.EndsInDots = target.MustBeDirectory && path[^1] != '/';
        error = Look(task, dirfd, bytes, follow || target.MustBeDirectory, out Entry? entry, target.IsMade);
        if (error == NameCache.NotKnown)
            return false;
        if (error == 0)
            Names.Fill(ref target, entry!, task.Credentials);
        return true;
    }
}
