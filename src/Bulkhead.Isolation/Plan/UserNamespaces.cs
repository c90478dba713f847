using System.Globalization;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Spawn;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Plan;

/// <summary>User namespaces and their id maps (user_namespaces(7)).</summary>
public static class UserNamespaces
{
    private const int SyncHold = 8;

    /// <summary>A user namespace with these maps and no process: for MOUNT_ATTR_IDMAP.</summary>
    public static Fd Make(LinuxIdMapping[] uids, LinuxIdMapping[] gids)
    {
        SpawnProgram program = SpawnProgram.ForStub();
        program.Sync(SyncHold);
        using SpawnedProcess process = Spawner.Start(new SpawnRequest { Program = program, CloneFlags = Sched.CLONE_NEWUSER, Inherit = default });
        try
        {
            process.Await(SyncHold);
            WriteMaps(process.Pid, uids, gids);
            string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{process.Pid}/ns/user");
            return Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY).OrThrow("open the user namespace", path);
        }
        finally
        {
            process.Abandon();
        }
    }

    public static void WriteMaps(int pid, LinuxIdMapping[] uids, LinuxIdMapping[] gids)
    {
        Write(pid, "uid_map", uids);
        Write(pid, "gid_map", gids);
    }

    private static void Write(int pid, string file, LinuxIdMapping[] mappings)
    {
        var text = new StringBuilder();
        foreach (LinuxIdMapping mapping in mappings)
            text.Append(CultureInfo.InvariantCulture, $"{mapping.ContainerId} {mapping.HostId} {mapping.Size}\n");
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{file}");
        using Fd fd = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_WRONLY).OrThrow("open", path);
        Errno error = Sys.WriteAll(fd, Encoding.ASCII.GetBytes(text.ToString()));
        if (error != Errno.None)
            throw new StepException($"write the user namespace's {file} (are the ids within our own range, and do they not overlap?)", error);
    }
}
