using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using Mount = Bulkhead.Oci.Mount;

namespace Bulkhead.Workloads.Compose;

/// <summary>
/// /etc/passwd and /etc/group with a line for the program's user, where the root file system has none: initdb, git, ssh and whoami fail without a name.
/// As podman does. The root file system's own files stay as they are.
/// </summary>
internal static class AccountFiles
{
    private const string Name = "nonroot";

    /// <summary>In a root that can be written the program's own changes of these files must not end at a read-only mount.</summary>
    public static void Add(List<Mount> mounts, WorkloadOptions options, ProcessUser user, WorkloadFolder folder)
    {
        if (options.Writable || options.Privileged)
            return;
        Show(mounts, options, folder, "passwd", user.Uid, (name, id) => $"{name}:x:{id}:{Text(user.Gid)}:{name}:{EnvironmentChoice.Home(user)}:/bin/sh");
        Show(mounts, options, folder, "group", user.Gid, (name, id) => $"{name}:x:{id}:");
    }

    private static void Show(List<Mount> mounts, WorkloadOptions options, WorkloadFolder folder, string file, uint id, Func<string, string, string> line)
    {
        // Without such a file nobody has a name, and a mount point would cost a layer.
        if (RootFiles.Read(RootPath.Of(options), "etc/" + file) is not { } bytes)
            return;
        string text = Encoding.UTF8.GetString(bytes), number = Text(id);
        bool nameIsTaken = false;
        foreach (string entry in text.Split('\n'))
        {
            string[] fields = entry.Split(':');
            if (fields.Length > 2 && fields[2] == number)
                return;
            nameIsTaken |= fields[0] == Name;
        }
        string name = id == ProcessUser.NonRoot && !nameIsTaken ? Name : number;
        folder.SaveShown(file, text.TrimEnd('\n') + "\n" + line(name, number) + "\n");
        mounts.Add(DefaultMounts.Make("/etc/" + file, "none", folder.FilesPath + "/" + file, "bind", "ro", "nosuid", "noexec", "nodev", "private"));
    }

    private static string Text(uint id) => id.ToString(CultureInfo.InvariantCulture);
}
