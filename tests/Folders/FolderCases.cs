namespace Bulkhead.Folders;

/// <summary>The matrix' rows.</summary>
public static partial class FolderCases
{
    /// <summary>Makes one of everything, and says who owns it.</summary>
    private const string MakeAll =
        "echo x >file; mkdir dir; echo y >dir/inner; mkfifo fifo; ln -s file symlink; ln file hard; folder socket sock; folder tmpfile . tmp; stat -c %u:%g * | sort | uniq -c | sed 's/^ *//'";

    private const string AllMade = "socket ok\ntmpfile ok\n";

    private const string HostOwners = "find . -mindepth 1 -printf '%U:%G\\n' | sort | uniq -c | sed 's/^ *//'";

    /// <summary>Files of the owner, of 999, of the host's root and with a foreign group; more than their metadata must not change.</summary>
    private const string Mixed =
        "echo own >own; echo for >foreign; echo sec >secret; echo all >everyone; echo root >roots; echo grp >group; mkdir open; "
        + "chown 1234:2345 own; chown 999:999 foreign secret everyone open; chown 1234:999 group; chmod 600 secret; chmod 666 everyone; chmod 777 open";

    private const string MixedExplained = "@F belongs to 1234:2345, but 6 of what is in it to 0:0, 1234:999, 999:999: the container can read that as others may, and not change it";

    public static FolderCase[] All => [.. s_writes, .. s_foreign, .. s_mounts, .. s_kinds, .. s_roots];

    private static FolderCase Writes(string name, string flags, string ids, string owner = "1234:2345") =>
        new(name, "new files, folders, links, fifos, sockets and O_TMPFILE are the folder owner's on the host", MakeAll, AllMade + $"7 {ids}\n8 {owner}")
        {
            Flags = flags + "-v @F:/data",
            Owner = owner,
            After = HostOwners,
            Explained = flags.Contains("--as-root", System.StringComparison.Ordinal) ? "loosening: --as-root" : null,
        };
}
