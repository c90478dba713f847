using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Copy;

/// <summary>Who owns what is written.</summary>
/// <param name="Ids">The numbers of the side that is written to.</param>
/// <param name="Keep">Entries' own ids (--archive); false: those of the process, which stand for the owner.</param>
public readonly record struct Ownership(IdView Ids, bool Keep);

/// <summary>
/// Entries as files below a directory. Names are resolved anew for each entry, beneath the directory and through no link; a file is written under a name of its
/// own and takes its place by rename, so that nothing is ever written through what stands there. Setuid, setgid and sticky bits are not copied.
/// </summary>
/// <param name="directory">Opened with O_PATH.</param>
/// <param name="name">Of the top entry in it; empty: the directory itself.</param>
/// <param name="shown">The directory, for messages.</param>
/// <param name="owner">Of what is written.</param>
public sealed class TreeWriter(Fd directory, string name, string shown, Ownership owner) : IEntrySink
{
    private const ulong Beneath = Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_MAGICLINKS | Fcntl.RESOLVE_NO_SYMLINKS;
    private const uint Permissions = 0x1FF, Private = 0x180, PrivateDirectory = 0x1C0; // 0777, 0600, 0700

    private readonly List<CopyEntry> _directories = [];

    public void Put(CopyEntry entry)
    {
        string path = PathOf(entry.Path);
        if (path.Length == 0)
        {
            if (entry.Kind != EntryKind.Directory)
                throw new StepException($"{shown} is a directory: a file cannot take its place");
            return;
        }
        int slash = path.LastIndexOf('/');
        using Fd parent = Sys.OpenAt2(directory, slash < 0 ? "." : path[..slash], Fcntl.O_PATH | Fcntl.O_DIRECTORY, Beneath).OrThrow("open the directory of", Shown(path));
        if (KernelFiles.Has(parent))
            throw new StepException($"{Shown(path)} is the kernel's: nothing is copied there");
        string last = path[(slash + 1)..];
        switch (entry.Kind)
        {
            case EntryKind.Directory:
                MakeDirectory(parent, last, entry, path);
                break;
            case EntryKind.File:
                Replace(parent, last, path, fresh => WriteFile(parent, fresh, entry, path));
                break;
            case EntryKind.SymbolicLink:
                Replace(parent, last, path, fresh => MakeLink(parent, fresh, entry, path));
                break;
            default:
                Replace(parent, last, path, fresh => LinkTo(parent, fresh, entry, path));
                break;
        }
    }

    /// <summary>Directories get their permissions and times last: nothing could be made in some of them, and each file in them changes their times.</summary>
    public void Finish()
    {
        for (int i = _directories.Count - 1; i >= 0; i--)
        {
            CopyEntry entry = _directories[i];
            string path = PathOf(entry.Path);
            using Fd made = Sys.OpenAt2(directory, path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW, Beneath).OrThrow("open", Shown(path));
            Give(made, entry, path);
        }
    }

    private void MakeDirectory(Fd parent, string last, CopyEntry entry, string path)
    {
        Errno error = Sys.MkdirAt(parent, last, PrivateDirectory);
        if (error == Errno.None)
            _directories.Add(entry);
        else if (error != Errno.EEXIST)
            throw Failure("make the directory", error, path);
        else if ((Sys.StatAt(parent, last, Fcntl.AT_SYMLINK_NOFOLLOW).OrThrow("look at", Shown(path)).st_mode & StatMode.S_IFMT) != StatMode.S_IFDIR)
            throw new StepException($"cannot copy a directory over {Shown(path)}, which is none");
    }

    private void Replace(Fd parent, string last, string path, Action<string> make)
    {
        string fresh = ".bulkhead-cp-" + WorkloadStore.NewId()[..16];
        try
        {
            make(fresh);
            Errno error = Sys.RenameAt(parent, fresh, parent, last);
            if (error == Errno.EISDIR)
                throw new StepException($"cannot copy a file over {Shown(path)}, which is a directory");
            if (error != Errno.None)
                throw Failure("put in its place", error, path);
        }
        finally
        {
            // There only after a failure, or when both were names of one file (rename(2)).
            Sys.UnlinkAt(parent, fresh);
        }
    }

    private void WriteFile(Fd parent, string fresh, CopyEntry entry, string path)
    {
        Result<Fd> made = Sys.OpenAt(parent, fresh, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOFOLLOW, Private);
        if (!made.Ok)
            throw Failure("make", made.Error, path);
        using Fd file = made.Value;
        using (var stream = new FdStream(file))
            entry.Content?.CopyTo(stream);
        Give(file, entry, path);
    }

    private void MakeLink(Fd parent, string fresh, CopyEntry entry, string path)
    {
        Errno error = Sys.SymlinkAt(entry.Target, parent, fresh);
        if (error == Errno.None && owner.Keep)
            error = Sys.ChownAt(parent, fresh, owner.Ids.HostUser(entry.Uid), owner.Ids.HostGroup(entry.Gid), Fcntl.AT_SYMLINK_NOFOLLOW);
        if (error == Errno.None)
            error = Sys.SetTimes(parent, fresh, entry.Modified, entry.ModifiedNanoseconds);
        if (error != Errno.None)
            throw Failure("make the link", error, path);
    }

    private void LinkTo(Fd parent, string fresh, CopyEntry entry, string path)
    {
        using Fd first = Sys.OpenAt2(directory, PathOf(entry.Target), Fcntl.O_PATH | Fcntl.O_NOFOLLOW, Beneath).OrThrow("find the first name of", Shown(path));
        Errno error = Sys.LinkUnnamed(first, parent, fresh);
        if (error != Errno.None)
            throw Failure("make the link", error, path);
    }

    private void Give(Fd made, CopyEntry entry, string path)
    {
        Errno error = owner.Keep ? Sys.ChownAt(made, "", owner.Ids.HostUser(entry.Uid), owner.Ids.HostGroup(entry.Gid), Fcntl.AT_EMPTY_PATH) : Errno.None;
        if (error == Errno.None)
            error = Sys.Chmod(made, entry.Mode & Permissions);
        if (error == Errno.None)
            error = Sys.SetTimes(Fd.Cwd, "/proc/self/fd/" + made.Value.ToString(System.Globalization.CultureInfo.InvariantCulture), entry.Modified, entry.ModifiedNanoseconds, follow: true);
        if (error != Errno.None)
            throw Failure("set the owner, permissions and times of", error, path);
    }

    private string PathOf(string below) => name.Length == 0 ? below : below.Length == 0 ? name : name + "/" + below;

    private string Shown(string path) => shown + "/" + path;

    private StepException Failure(string step, Errno error, string path) => error switch
    {
        Errno.EROFS => new StepException($"{step} {Shown(path)}: it is read-only there: copy to a volume or to /tmp, or run the container with --writable"),
        Errno.EOVERFLOW => new StepException($"{step} {Shown(path)}: the owner that it would get does not exist there (a mounted folder has one owner only)"),
        _ => new StepException(step, error, Shown(path)),
    };
}
