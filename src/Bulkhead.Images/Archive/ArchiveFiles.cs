using System;
using System.Collections.Generic;
using System.Formats.Tar;
using System.Globalization;
using System.IO;
using Bulkhead.Images.Store;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Images.Archive;

/// <summary>
/// The files of an archive that a stranger made: a directory, or a tar whose files are spooled under numbers, so that no name of it is ever a path of ours. Links
/// between its own files are followed; others lead nowhere.
/// </summary>
internal sealed class ArchiveFiles : IDisposable
{
    private const int MaxFiles = 10_000, MaxLinks = 16, BufferSize = 1 << 18;
    private const uint PrivateFile = 0x180, PrivateDirectory = 0x1C0; // 0600, 0700
    private const ulong Beneath = Fcntl.RESOLVE_BENEATH | Fcntl.RESOLVE_NO_MAGICLINKS;

    private readonly Dictionary<string, int> _files = [];
    private readonly Dictionary<string, string> _links = [];
    private readonly Fd _folder;
    private readonly string? _spool;

    private ArchiveFiles(Fd folder, string? spool) => (_folder, _spool) = (folder, spool);

    /// <param name="input">A directory, or a file or pipe with a tar, plain, gzip or zstd.</param>
    /// <param name="shown">Its name, for messages.</param>
    /// <param name="scratch">Directory of our own for the files; what is made there goes with this object.</param>
    public static ArchiveFiles Open(Fd input, string shown, string scratch)
    {
        stat status = Sys.Fstat(input).OrThrow("look at", shown);
        if ((status.st_mode & StatMode.S_IFMT) == StatMode.S_IFDIR)
            return new ArchiveFiles(Sys.OpenAt(input, ".", Fcntl.O_PATH | Fcntl.O_DIRECTORY).OrThrow("open", shown), null);
        string spool = scratch + "/load-" + Guid.NewGuid().ToString("N");
        Errno error = Sys.MkdirAt(Fd.Cwd, spool, PrivateDirectory);
        if (error != Errno.None)
            throw StoreFolder.Failure("make a directory for what is loaded", error, spool);
        var files = new ArchiveFiles(Sys.OpenAt(Fd.Cwd, spool, Fcntl.O_PATH | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW).OrThrow("open", spool), spool);
        try
        {
            using var raw = new BufferedStream(new FdStream(input), BufferSize);
            using var tar = new PlainInput(raw, shown);
            files.Spool(tar, shown);
            return files;
        }
        catch (StepException failure) when (failure.Errno is Errno.ENOSPC or Errno.EDQUOT)
        {
            files.Dispose();
            throw StoreFolder.Failure("write", failure.Errno, spool);
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <summary>Null: there is no such regular file.</summary>
    public Fd? TryOpen(string name)
    {
        Result<Fd> opened;
        if (_spool is null)
            opened = Sys.OpenAt2(_folder, name, Fcntl.O_RDONLY | Fcntl.O_NONBLOCK | Fcntl.O_NOCTTY, Beneath);
        else if (Find(name) is { } number)
            opened = Sys.OpenAt(_folder, number.ToString(CultureInfo.InvariantCulture), Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW);
        else
            return null;
        if (!opened.Ok)
            return null;
        if ((Sys.Fstat(opened.Value).OrThrow("look at", name).st_mode & StatMode.S_IFMT) == StatMode.S_IFREG)
            return opened.Value;
        opened.Value.Dispose();
        return null;
    }

    /// <summary>A document; null: there is none.</summary>
    public byte[]? TryRead(string name)
    {
        using Fd? file = TryOpen(name);
        return file is null ? null : Sys.ReadFile(file, ImageLibrary.MaxDocument).OrThrow("read", name);
    }

    public void Dispose()
    {
        _folder.Dispose();
        if (_spool is not null)
            Trees.Remove(_spool);
    }

    private void Spool(Stream tar, string shown)
    {
        try
        {
            using var reader = new TarReader(tar, leaveOpen: true);
            while (reader.GetNextEntry() is { } entry)
                Take(entry, shown);
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or FormatException or ArgumentException or OverflowException)
        {
            throw new StepException($"{shown} is no whole tar: {error.GetType().Name}");
        }
    }

    private void Take(TarEntry entry, string shown)
    {
        string name = Clean(entry.Name);
        if (_files.Count + _links.Count >= MaxFiles)
            throw new StepException($"{shown} has more than {MaxFiles} files: it is no archive of images");
        if (entry.EntryType == TarEntryType.SymbolicLink)
            _links[name] = Clean(Path.Join(Path.GetDirectoryName(name), entry.LinkName));
        else if (entry.EntryType == TarEntryType.HardLink)
            _links[name] = Clean(entry.LinkName);
        if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile))
            return;
        int number = _files.Count;
        using Fd file = Sys.OpenAt(_folder, number.ToString(CultureInfo.InvariantCulture), Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_EXCL | Fcntl.O_NOFOLLOW, PrivateFile).OrThrow("make a file for", entry.Name);
        _files[name] = number;
        if (entry.DataStream is { } data)
            data.CopyTo(new FdStream(file), BufferSize);
    }

    private int? Find(string name)
    {
        string at = Clean(name);
        for (int i = 0; i < MaxLinks; i++)
        {
            if (_files.TryGetValue(at, out int number))
                return number;
            if (!_links.TryGetValue(at, out string? target))
                return null;
            at = target;
        }
        return null;
    }

    /// <summary>Without ".", "//" and "..", which climbs to the top at most.</summary>
    private static string Clean(string name)
    {
        var parts = new List<string>();
        foreach (string part in name.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && parts.Count > 0)
                parts.RemoveAt(parts.Count - 1);
            else if (part is not ("." or ".."))
                parts.Add(part);
        }
        return string.Join('/', parts);
    }
}
