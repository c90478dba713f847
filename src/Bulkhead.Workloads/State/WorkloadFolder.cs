using System;
using System.Buffers;
using System.Text;
using System.Text.Json;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Linux.Users;
using Bulkhead.Oci;
using Bulkhead.Workloads.Monitor;

namespace Bulkhead.Workloads;

/// <summary>
/// One workload's folder: workload.json (what was asked for), config.json (the bundle of its last start), exit.json (how that ended), log.json and its
/// rotated ones, files/ (hosts, hostname, resolv.conf), upper/ (writes to the root file system).
/// </summary>
/// <param name="id">The workload.</param>
/// <param name="path">Absolute.</param>
public sealed class WorkloadFolder(string id, string path)
{
    private const string RecordFile = "workload.json", ExitFile = "exit.json", ConfigFile = "config.json";
    private const int MaxFile = 16 << 20;

    public string Id => id;

    public string Path => path;

    public string LogPath => path + "/log.json";

    /// <summary>Socket of the monitor, while there is one.</summary>
    public string AttachPath => path + "/attach";

    public string FilesPath => path + "/files";

    public void Save(WorkloadRecord record) => Write(RecordFile, JsonSerializer.SerializeToUtf8Bytes(record, RecordJson.Default.WorkloadRecord), 0x180);

    public WorkloadRecord Load() => TryLoad() ?? throw new WorkloadMissingException(id[..12]);

    /// <summary>Null when there is none (yet).</summary>
    public WorkloadRecord? TryLoad() => Read(RecordFile, RecordJson.Default.WorkloadRecord);

    public ExitRecord? Exit() => Read(ExitFile, RecordJson.Default.ExitRecord);

    public void SaveExit(ExitRecord exit) => Write(ExitFile, JsonSerializer.SerializeToUtf8Bytes(exit, RecordJson.Default.ExitRecord), 0x180);

    public void ForgetExit() => Sys.UnlinkAt(Fd.Cwd, path + "/" + ExitFile);

    /// <summary>The folder is the bundle of the OCI container.</summary>
    public void SaveConfig(RuntimeConfig config)
    {
        var buffer = new ArrayBufferWriter<byte>(8192);
        ConfigWriter.Write(buffer, config);
        Write(ConfigFile, buffer.WrittenSpan, 0x180);
    }

    /// <summary>A file that the container sees: readable by all, since its ids differ from ours.</summary>
    public void SaveShown(string name, string text)
    {
        Errno error = Sys.MkdirAt(Fd.Cwd, FilesPath, 0x1C0);
        if (error is not (Errno.None or Errno.EEXIST))
            throw new StepException("make", error, FilesPath);
        Write("files/" + name, Encoding.UTF8.GetBytes(text), 0x1A4);
    }

    /// <summary>Everything below, then the folder.</summary>
    public void Remove()
    {
        try
        {
            Trees.Remove(path);
        }
        catch (StepException error) when (error.Errno is Errno.EACCES or Errno.EPERM && UserEntry.IsRootless && !UserEntry.IsPrivileged)
        {
            MonitorLauncher.Remove(path);
        }
    }

    private T? Read<T>(string name, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) where T : class
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path + "/" + name, Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW);
        if (opened.Error == Errno.ENOENT)
            return null;
        using Fd file = opened.OrThrow("open", path + "/" + name);
        byte[] bytes = Sys.ReadFile(file, MaxFile).OrThrow("read", path + "/" + name);
        try
        {
            return JsonSerializer.Deserialize(bytes, type);
        }
        catch (JsonException error)
        {
            throw new StepException($"{path}/{name} is damaged ({error.Message}): remove the container with rm --force");
        }
    }

    /// <summary>By rename: a reader sees the old or the new, never half of one.</summary>
    private void Write(string name, ReadOnlySpan<byte> bytes, uint mode)
    {
        string target = path + "/" + name, fresh = target + ".new";
        using (Fd file = Sys.OpenAt(Fd.Cwd, fresh, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_TRUNC | Fcntl.O_NOFOLLOW, mode).OrThrow("write", target))
        {
            Errno written = Sys.WriteAll(file, bytes);
            if (written == Errno.None)
                written = Sys.Chmod(file, mode);
            if (written != Errno.None)
                throw new StepException("write", written, target);
        }
        Errno error = Sys.RenameAt(Fd.Cwd, fresh, Fd.Cwd, target);
        if (error != Errno.None)
            throw new StepException("write", error, target);
    }
}
