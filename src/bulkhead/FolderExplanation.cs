using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Workloads;
using Bulkhead.Workloads.Compose;
using Bulkhead.Workloads.Volumes;

namespace Bulkhead.Cli;

/// <summary>A folder of others mounts well and then refuses every write: said before the program finds out.</summary>
internal static class FolderExplanation
{
    /// <summary>Entries looked at in a folder, and owners named: it must stay cheap.</summary>
    private const int MaxEntries = 1000, MaxOwners = 4;

    public static void Say(WorkloadOptions options)
    {
        // Who is the host's root needs no mapping; for who is not, nothing is mapped.
        if (options.Privileged || !Machine.IsRoot)
            return;
        bool asRoot = options.AsRoot || ProcessUser.Resolve(options).Uid == 0;
        foreach (VolumeOption mount in options.Mounts)
        {
            if (mount is { Kind: VolumeKind.Bind, ReadOnly: false } && Of(mount.Source, FolderOwner.Of(mount.Source, asRoot)) is { } text)
                Program.Say(text);
        }
    }

    private static string? Of(string folder, FolderOwner owner)
    {
        if (owner.IsHostRoot)
            return $"{folder} belongs to the host's root: the container can read there what others may, and write nothing; chown it to a user, or use --as-root";
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, folder, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NONBLOCK);
        // A file, or a folder that cannot be read even by root: the mount tells.
        if (!opened.Ok)
            return null;
        using Fd directory = opened.Value;
        stat self = Sys.Fstat(directory).OrThrow("look at the folder to mount", folder);
        if (self.st_uid != owner.Uid || self.st_gid != owner.Gid)
            return Text($"{folder} belongs to {Name(self)}, the container writes as {owner.Uid}:{owner.Gid}: it can read there what others may, and write nothing; chown the folder");
        return OfEntries(folder, directory, owner);
    }

    private static string? OfEntries(string folder, Fd directory, FolderOwner owner)
    {
        Result<List<string>> names = Sys.ReadDirectory(directory);
        if (!names.Ok)
            return null;
        int foreign = 0;
        var owners = new SortedSet<string>(StringComparer.Ordinal);
        foreach (string name in names.Value.Count > MaxEntries ? names.Value.GetRange(0, MaxEntries) : names.Value)
        {
            Result<stat> entry = Sys.StatAt(directory, name, Fcntl.AT_SYMLINK_NOFOLLOW);
            if (!entry.Ok || (entry.Value.st_uid == owner.Uid && entry.Value.st_gid == owner.Gid))
                continue;
            foreign++;
            if (owners.Count < MaxOwners)
                owners.Add(Name(entry.Value));
        }
        return foreign == 0 ? null
            : Text($"{folder} belongs to {owner.Uid}:{owner.Gid}, but {foreign} of what is in it to {string.Join(", ", owners)}: the container can read that as others may, and not change it");
    }

    private static string Name(in stat status) => Text($"{status.st_uid}:{status.st_gid}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
