using System;
using System.Collections.Generic;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads;

/// <summary>
/// The workloads of one user: a folder each under containers/, and a symbolic link each under names/, whose making is the one atomic step
/// that gives a name to one workload only.
/// </summary>
/// <param name="root">/var/lib/bulkhead, or $XDG_DATA_HOME/bulkhead.</param>
public sealed class WorkloadStore(string root)
{
    private const uint PrivateMode = 0x1C0; // 0700

    public string Root => root;

    private string Containers => root + "/containers";

    private string Names => root + "/names";

    public static string NewId() => Convert.ToHexStringLower(RandomBytes(32));

    /// <summary>Makes the folder and takes the name; nothing is left on an error.</summary>
    public WorkloadFolder Create(WorkloadRecord record)
    {
        CheckName(record.Name);
        Make(root);
        Make(Containers);
        Make(Names);
        string path = Containers + "/" + record.Id;
        Errno error = Sys.MkdirAt(Fd.Cwd, path, PrivateMode);
        if (error != Errno.None)
            throw new StepException("make the container's folder", error, path);
        WorkloadFolder folder = Folder(record.Id);
        try
        {
            folder.Save(record);
            TakeName(record);
            return folder;
        }
        catch
        {
            folder.Remove();
            throw;
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

    /// <summary>The name is free again, then the folder goes.</summary>
    public void Remove(WorkloadFolder folder)
    {
        if (folder.TryLoad() is { } record && Sys.ReadLinkAt(Fd.Cwd, Names + "/" + record.Name) is { Ok: true } link && link.Value == record.Id)
            Sys.UnlinkAt(Fd.Cwd, Names + "/" + record.Name);
        folder.Remove();
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
        Sys.UnlinkAt(Fd.Cwd, Names + "/" + old.Name);
        return renamed;
    }

    /// <summary>Docker's rule for names.</summary>
    public static void CheckName(string name)
    {
        if (!NameIsGood(name))
            throw new StepException($"--name: '{name}' is not a name: it begins with a letter or digit, then letters, digits and _.- follow, 128 at most");
    }

    private static bool NameIsGood(string name)
    {
        bool good = name.Length is > 1 and <= 128 && char.IsAsciiLetterOrDigit(name[0]);
        foreach (char c in name)
            good &= char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-';
        return good;
    }

    private void TakeName(WorkloadRecord record)
    {
        string path = Names + "/" + record.Name;
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

    private List<string> Ids()
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
