using System;
using System.Collections.Generic;
using System.Text.Json;
using Bulkhead.Isolation.Lifecycle;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Volumes;

/// <summary>
/// Volumes by name: a folder each under volumes/, with volume.json and the files in _data. They lie below folders that only the caller may enter:
/// what a container writes there, nobody else on the host can reach. Makers and removers hold volumes/lock; a folder appears and goes by a rename.
/// </summary>
/// <param name="root">As that of <see cref="WorkloadStore"/>.</param>
public sealed class VolumeStore(string root)
{
    // No name begins with a dot.
    private const string RecordFile = "volume.json", Data = "_data", Fresh = ".new", Gone = ".gone";
    private const int MaxFile = 1 << 20;
    private const uint PrivateMode = 0x1C0, PrivateFile = 0x180; // 0700, 0600

    private string Folder => root + "/volumes";

    /// <summary>The store of the volumes that a container of <paramref name="folder"/> may name.</summary>
    internal static VolumeStore Beside(WorkloadFolder folder) => new(folder.Path[..folder.Path.LastIndexOf("/containers/", StringComparison.Ordinal)]);

    public string PathOf(string name) => Folder + "/" + name + "/" + Data;

    /// <summary>Makes it unless it is there already.</summary>
    /// <param name="wanted">With its name.</param>
    /// <param name="fill">Gets the directory of a volume that is empty, before anybody else sees it if it is new.</param>
    public VolumeRecord Ensure(VolumeRecord wanted, Action<string>? fill = null)
    {
        CheckName(wanted.Name);
        using Fd gate = Lock();
        if (Find(wanted.Name) is { } found)
        {
            if (fill is not null && IsEmpty(PathOf(wanted.Name)))
                fill(PathOf(wanted.Name));
            return found;
        }
        string fresh = Folder + "/" + Fresh;
        Trees.Remove(fresh);
        try
        {
            Make(fresh, PrivateMode);
            using (Fd file = Sys.OpenAt(Fd.Cwd, fresh + "/" + RecordFile, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL, PrivateFile).OrThrow("make a volume", fresh))
                Require(Sys.WriteAll(file, JsonSerializer.SerializeToUtf8Bytes(wanted, RecordWriting.Default.VolumeRecord)), "make the volume", wanted.Name);
            Make(fresh + "/" + Data, 0x1ED); // 0755
            // A plain user cannot give files away: there the volume is the caller's, as folders are.
            if (Sys.GetEuid() == 0)
                Require(Sys.ChownAt(Fd.Cwd, fresh + "/" + Data, VolumeIds.OnDisk, VolumeIds.OnDisk, Fcntl.AT_SYMLINK_NOFOLLOW), "give the volume to its user", wanted.Name);
            fill?.Invoke(fresh + "/" + Data);
            Require(Sys.RenameAt(Fd.Cwd, fresh, Fd.Cwd, Folder + "/" + wanted.Name), "make the volume", wanted.Name);
            return wanted;
        }
        catch
        {
            Trees.Remove(fresh);
            throw;
        }
    }

    /// <summary>Null: there is none of that name.</summary>
    public VolumeRecord? Find(string name)
    {
        if (!WorkloadStore.NameIsGood(name))
            return null;
        string path = Folder + "/" + name + "/" + RecordFile;
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW);
        if (opened.Error == Errno.ENOENT)
            return null;
        using Fd file = opened.OrThrow("open", path);
        try
        {
            return JsonSerializer.Deserialize(Sys.ReadFile(file, MaxFile).OrThrow("read", path), RecordReading.Default.VolumeRecord);
        }
        catch (JsonException error)
        {
            throw new StepException($"{path} is damaged ({error.Message}): its files are in {PathOf(name)}");
        }
    }

    /// <summary>All, by name.</summary>
    public List<VolumeRecord> All()
    {
        var all = new List<VolumeRecord>();
        Result<Fd> directory = Sys.OpenAt(Fd.Cwd, Folder, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY);
        if (directory.Error == Errno.ENOENT)
            return all;
        using Fd fd = directory.OrThrow("open", Folder);
        foreach (string name in Sys.ReadDirectory(fd).OrThrow("list", Folder))
        {
            if (Find(name) is { } volume)
                all.Add(volume);
        }
        all.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return all;
    }

    /// <summary>Refuses while a container, running or not, names it.</summary>
    public void Remove(string name)
    {
        using Fd gate = Lock();
        if (Find(name) is null)
            throw new StepException($"no such volume: {name}");
        if (User(name) is { } user)
            throw new StepException($"volume {name} is in use by container {user.Name} ({user.ShortId}): remove the container first");
        string gone = Folder + "/" + Gone;
        OwnedTrees.Remove(gone);
        Require(Sys.RenameAt(Fd.Cwd, Folder + "/" + name, Fd.Cwd, gone), "remove the volume", name);
        OwnedTrees.Remove(gone);
    }

    /// <summary>The first container that names it; null: none.</summary>
    public WorkloadRecord? User(string name)
    {
        foreach (WorkloadFolder folder in new WorkloadStore(root).All())
        {
            if (folder.TryLoad() is { } record && Array.Exists(record.Options.Mounts, mount => mount.Kind == VolumeKind.Volume && mount.Source == name))
                return record;
        }
        return null;
    }

    /// <summary>Those of a container that is gone, made for it alone.</summary>
    internal void RemoveAnonymous(string[] volumes)
    {
        foreach (string volume in volumes)
        {
            if (Find(volume) is not null && User(volume) is null)
                Remove(volume);
        }
    }

    /// <summary>Docker's rule, the same as for containers.</summary>
    public static void CheckName(string name)
    {
        if (!WorkloadStore.NameIsGood(name))
            throw new StepException($"volume '{name}' is not a name: it begins with a letter or digit, then letters, digits and _.- follow, 128 at most");
    }

    public static VolumeRecord New(string? name, KeyValuePair<string, string>[] labels) =>
        new() { Name = name ?? WorkloadStore.NewId(), Created = Clock.Now(), Labels = labels, Anonymous = name is null };

    private static bool IsEmpty(string path)
    {
        using Fd directory = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW).OrThrow("open", path);
        return Sys.ReadDirectory(directory).OrThrow("list", path).Count == 0;
    }

    private Fd Lock()
    {
        new WorkloadStore(root).MakeRoot();
        Make(Folder, PrivateMode);
        Fd gate = Sys.OpenAt(Fd.Cwd, Folder + "/.lock", Fcntl.O_RDWR | Fcntl.O_CREAT | Fcntl.O_NOFOLLOW, PrivateFile).OrThrow("open the lock of", Folder);
        Errno error = Sys.Flock(gate, Fcntl.LOCK_EX);
        if (error == Errno.None)
            return gate;
        gate.Dispose();
        throw new StepException("lock", error, Folder);
    }

    private static void Make(string path, uint mode)
    {
        Errno error = Sys.MkdirAt(Fd.Cwd, path, mode);
        if (error is not (Errno.None or Errno.EEXIST))
            throw new StepException("make a directory for volumes", error, path);
    }

    private static void Require(Errno error, string step, string name)
    {
        if (error != Errno.None)
            throw new StepException(step, error, name);
    }
}
