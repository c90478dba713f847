using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Workloads.Compose;
using Bulkhead.Workloads.Volumes;

namespace Bulkhead.Workloads;

/// <summary>
/// The workloads of one user: a folder each under containers/, and a symbolic link each under names/, whose making is the one atomic step
/// that gives a name to one workload only.
/// </summary>
/// <param name="root">/var/lib/bulkhead, or $XDG_DATA_HOME/bulkhead.</param>
public sealed class WorkloadStore(string root)
{
    /// <summary>Ends the name of a folder that is being removed.</summary>
    private const string Gone = ".gone";

    private const int IdLength = 64;
    private const uint PrivateMode = 0x1C0; // 0700

    public string Root => root;

    private string Containers => root + "/containers";

    private string Names => root + "/names";

    public void MakeRoot() => Make(root);

    public static string NewId() => Convert.ToHexStringLower(RandomBytes(32));

    /// <summary>Makes the folder and takes the name; nothing is left on an error.</summary>
    public WorkloadFolder Create(WorkloadRecord record)
    {
        WorkloadFolder folder = Create(record, out Fd held);
        held.Dispose();
        return folder;
    }

    /// <summary>The same, with the right to run it.</summary>
    public WorkloadFolder Create(WorkloadRecord record, out Fd held)
    {
        CheckName(record.Name);
        Make(root);
        Make(Containers);
        Make(Names);
        Sweep();
        WorkloadFolder folder = Folder(record.Id);
        held = MakeFolder(folder);
        try
        {
            // In this order: a folder without a record is what a killed command left, one without a name would be found by nobody.
            TakeName(record);
            folder.Save(record);
            return folder;
        }
        catch
        {
            Remove(folder);
            held.Dispose();
            throw;
        }
    }

    /// <summary>An empty folder without a lock is what a killed command left, and another may sweep it away before we have locked ours.</summary>
    private static Fd MakeFolder(WorkloadFolder folder)
    {
        for (; ; )
        {
            Errno error = Sys.MkdirAt(Fd.Cwd, folder.Path, PrivateMode);
            if (error is not (Errno.None or Errno.EEXIST))
                throw new StepException("make the container's folder", error, folder.Path);
            Result<Fd> held = folder.TryLock();
            if (held.Ok)
                return held.Value;
            if (held.Error is not (Errno.ENOENT or Errno.EAGAIN))
                throw new StepException("lock the container's folder", held.Error, folder.Path);
        }
    }

    /// <summary>What commands left that were killed: folders that lost their record or never got one, and halves of removed ones.</summary>
    private void Sweep()
    {
        foreach (string name in Entries())
        {
            WorkloadFolder folder = Folder(name);
            bool gone = name.EndsWith(Gone, StringComparison.Ordinal);
            if (!gone && folder.HasRecord)
                continue;
            using Fd? held = folder.TryLock() is { Ok: true } taken ? taken.Value : null;
            if (held is null || (!gone && folder.HasRecord))
                continue;
            TryDiscard(folder);
        }
    }

    private void TryDiscard(WorkloadFolder folder)
    {
        try
        {
            new VolumeStore(root).RemoveAnonymous(VolumesThatGo(folder));
            Discard(folder);
        }
        catch (StepException)
        {
            // What another command left must not stop this one.
        }
    }

    /// <summary>By its whole id, by name (which may look like another's id), or by the beginning of an id that only one has.</summary>
    public WorkloadFolder Find(string text)
    {
        if (text.Length == 64 && Ids().Contains(text))
            return Folder(text);
        if (NameIsGood(text) && Sys.ReadLinkAt(Fd.Cwd, Names + "/" + text) is { Ok: true } link && Exists(link.Value))
            return Folder(link.Value);
        string? found = null;
        foreach (string id in Ids())
        {
            if (text.Length == 0 || !id.StartsWith(text, StringComparison.Ordinal))
                continue;
            if (found is not null)
                throw new StepException($"'{text}' is the beginning of several containers' ids: give more of it");
            found = id;
        }
        return found is not null ? Folder(found) : throw new WorkloadMissingException(text);
    }

    /// <summary>All that have a record, the newest first.</summary>
    public List<WorkloadFolder> All()
    {
        Sweep();
        var all = new List<(string Created, WorkloadFolder Folder)>();
        foreach (string id in Ids())
        {
            WorkloadFolder folder = Folder(id);
            if (folder.TryLoad() is { } record)
                all.Add((record.Created, folder));
        }
        all.Sort((a, b) => string.CompareOrdinal(b.Created, a.Created));
        return all.ConvertAll(pair => pair.Folder);
    }

    /// <summary>
    /// One rename, and it is gone for everybody: its name and its ids are free, since what they point to is not there. Then the volumes that nobody
    /// named, if they are asked to or it was run with --rm, and the files go; who is killed meanwhile leaves them to the next command. The caller has
    /// the folder's lock.
    /// </summary>
    public void Remove(WorkloadFolder folder, bool volumes = false)
    {
        if (volumes)
            folder.NoteVolumesGo();
        Remove(folder, VolumesThatGo(folder));
    }

    /// <summary>The same for one who knows the volumes that go with it.</summary>
    internal void Remove(WorkloadFolder folder, string[] volumes)
    {
        WorkloadFolder gone = Folder(folder.Id + Gone);
        Errno error = Sys.RenameAt(Fd.Cwd, folder.Path, Fd.Cwd, gone.Path);
        if (error == Errno.ENOENT)
            return;
        if (error != Errno.None)
            throw new StepException("remove the container's folder", error, folder.Path);
        new VolumeStore(root).RemoveAnonymous(volumes);
        Discard(gone);
    }

    private static string[] VolumesThatGo(WorkloadFolder folder) =>
        RecordOf(folder) is { } record && (record.Options.Remove || folder.VolumesGo) ? record.Options.AnonymousVolumes : [];

    /// <summary>Whatever belongs to a workload that nobody can find any more; its folder last, by which a command that is killed here is known.</summary>
    private void Discard(WorkloadFolder folder)
    {
        string id = folder.Id.EndsWith(Gone, StringComparison.Ordinal) ? folder.Id[..^Gone.Length] : folder.Id;
        if (id.Length == IdLength)
        {
            FreeNames(id);
            SecretFiles.Forget(id);
        }
        folder.Remove();
    }

    /// <summary>Null: none, or a damaged one, which must not keep its folder from going.</summary>
    private static WorkloadRecord? RecordOf(WorkloadFolder folder)
    {
        try
        {
            return folder.TryLoad();
        }
        catch (StepException)
        {
            return null;
        }
    }

    /// <summary>By what the links say, not the record: a damaged one must not keep a name.</summary>
    private void FreeNames(string id)
    {
        using Fd names = LockNames();
        foreach (string name in Sys.ReadDirectory(names).OrThrow("list", Names))
        {
            if (Sys.ReadLinkAt(names, name) is { Ok: true } link && link.Value == id)
                Sys.UnlinkAt(names, name);
        }
    }

    /// <summary>Held while a link is replaced: of two that find a name free, one must not take the other's.</summary>
    private Fd LockNames()
    {
        Fd names = Sys.OpenAt(Fd.Cwd, Names, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY).OrThrow("open", Names);
        Errno error = Sys.Flock(names, Fcntl.LOCK_EX);
        if (error == Errno.None)
            return names;
        names.Dispose();
        throw new StepException("lock", error, Names);
    }

    /// <summary>The new name is taken first: a command that is killed in between leaves a name too many, which the next one to want it takes.</summary>
    public WorkloadRecord Rename(WorkloadFolder folder, string name)
    {
        CheckName(name);
        WorkloadRecord old = folder.Load(), renamed = old with { Name = name };
        if (old.Name == name)
            throw new StepException($"the container is called '{name}' already");
        TakeName(renamed);
        folder.Save(renamed);
        folder.ChangeName(name);
        Sys.UnlinkAt(Fd.Cwd, Names + "/" + old.Name);
        return renamed;
    }

    /// <summary>Docker's rule for names.</summary>
    public static void CheckName(string name, string flag = "--name")
    {
        if (!NameIsGood(name))
            throw new StepException($"{flag}: '{name}' is not a name: it begins with a letter or digit, then letters, digits and _.- follow, 128 at most");
    }

    internal static bool NameIsGood(string name)
    {
        bool good = name.Length is > 1 and <= 128 && char.IsAsciiLetterOrDigit(name[0]);
        foreach (char c in name)
            good &= char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-';
        return good;
    }

    private void TakeName(WorkloadRecord record)
    {
        string path = Names + "/" + record.Name;
        using Fd names = LockNames();
        for (int attempt = 0; attempt < 2; attempt++)
        {
            Errno error = Sys.SymlinkAt(record.Id, Fd.Cwd, path);
            if (error == Errno.None)
                return;
            Result<string> other = Sys.ReadLinkAt(Fd.Cwd, path);
            if (other.Ok && Exists(other.Value))
                throw new StepException($"the name '{record.Name}' is in use by container {other.Value[..12]}: remove it (bulkhead rm {record.Name}) or choose another name");
            // Its workload was removed by a command that was killed in between.
            Sys.UnlinkAt(Fd.Cwd, path);
        }
        throw new StepException($"take the name '{record.Name}': another command takes it at the same time");
    }

    private WorkloadFolder Folder(string id) => new(id, Containers + "/" + id);

    private bool Exists(string id) => Sys.StatAt(Fd.Cwd, Containers + "/" + id).Ok;

    private List<string> Ids() => Entries().FindAll(name => name.Length == IdLength);

    private List<string> Entries()
    {
        Result<Fd> directory = Sys.OpenAt(Fd.Cwd, Containers, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        if (directory.Error == Errno.ENOENT)
            return [];
        using Fd fd = directory.OrThrow("open", Containers);
        return Sys.ReadDirectory(fd).OrThrow("list", Containers);
    }

    private static void Make(string path)
    {
        Errno error = Sys.MkdirAt(Fd.Cwd, path, PrivateMode);
        // A new user has no ~/.local/share yet; it is private, as the XDG base directory specification wants it.
        for (int i = path.IndexOf('/', 1); error == Errno.ENOENT && i > 0; i = path.IndexOf('/', i + 1))
            Sys.MkdirAt(Fd.Cwd, path[..i], PrivateMode);
        if (error == Errno.ENOENT)
            error = Sys.MkdirAt(Fd.Cwd, path, PrivateMode);
        if (error is not (Errno.None or Errno.EEXIST))
            throw new StepException("make the directory of containers", error, path);
    }

    private static byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        using Fd random = Sys.OpenAt(Fd.Cwd, "/dev/urandom", Fcntl.O_RDONLY).OrThrow("open", "/dev/urandom");
        Sys.Read(random, bytes).OrThrow("read", "/dev/urandom");
        return bytes;
    }
}

/// <summary>No container of that name or id.</summary>
public sealed class WorkloadMissingException(string text) : Exception($"no such container: {text}");
