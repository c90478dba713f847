using System;
using System.Buffers;
using System.Text;
using System.Text.Json;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;
using Bulkhead.Oci;

namespace Bulkhead.Workloads;

/// <summary>
/// One workload's folder: workload.json (what was asked for), config.json (the bundle of its last start), exit.json (how that ended), log.json and its
/// rotated ones, streams (its pipes), restart (a policy that update has set), name (that rename has given), health.json (what its checks have said), volumes (they go with it), files/ (hosts, hostname, resolv.conf), upper/ (writes to the root file system).
/// </summary>
/// <param name="id">The workload.</param>
/// <param name="path">Absolute.</param>
public sealed class WorkloadFolder(string id, string path)
{
    private const string RecordFile = "workload.json", ExitFile = "exit.json", ConfigFile = "config.json", RestartFile = "restart", NameFile = "name", HealthFile = "health.json", StreamsFile = "streams", VolumesFile = "volumes";
    private const int MaxFile = 16 << 20;
    private const uint PrivateMode = 0x1C0; // 0700
    private const uint StopBit = 0x200; // S_ISVTX, which has no other meaning here: the folder is its owner's alone

    public string Id => id;

    public string Path => path;

    public string LogPath => path + "/log.json";

    /// <summary>Socket of the monitor, while there is one.</summary>
    public string AttachPath => path + "/attach";

    /// <summary>With upper/, what it wrote to its root file system, and work/ (overlayfs); there only if it needs one.</summary>
    public string LayerPath => path + "/layer";

    /// <summary>Nodes of --device.</summary>
    public string DevicesPath => path + "/devices";

    public string FilesPath => path + "/files";

    public void Save(WorkloadRecord record) => Write(RecordFile, JsonSerializer.SerializeToUtf8Bytes(record, RecordWriting.Default.WorkloadRecord), 0x180);

    public WorkloadRecord Load() => TryLoad() ?? throw new WorkloadMissingException(id[..12]);

    public bool HasRecord => Sys.StatAt(Fd.Cwd, path + "/" + RecordFile).Ok;

    /// <summary>Null when there is none (yet).</summary>
    public WorkloadRecord? TryLoad() => Read(RecordFile, RecordReading.Default.WorkloadRecord);

    public ExitRecord? Exit() => Read(ExitFile, RecordReading.Default.ExitRecord);

    public void SaveExit(ExitRecord exit) => Write(ExitFile, JsonSerializer.SerializeToUtf8Bytes(exit, RecordWriting.Default.ExitRecord), 0x180);

    public void ForgetExit() => Sys.UnlinkAt(Fd.Cwd, path + "/" + ExitFile);

    public HealthRecord? Health() => Read(HealthFile, RecordReading.Default.HealthRecord);

    /// <summary>Where the disk is full the last one stays.</summary>
    internal void TrySaveHealth(HealthRecord health)
    {
        try
        {
            Write(HealthFile, JsonSerializer.SerializeToUtf8Bytes(health, RecordWriting.Default.HealthRecord), 0x180);
        }
        catch (StepException)
        {
            // The container goes on.
        }
    }

    public void ForgetHealth() => Sys.UnlinkAt(Fd.Cwd, path + "/" + HealthFile);

    /// <summary>Somebody stopped it: its monitor must not run it again.</summary>
    public bool StopAsked => Sys.StatAt(Fd.Cwd, path) is { Ok: true } status && (status.Value.st_mode & StopBit) != 0;

    public void AskStop() => NoteStop(PrivateMode | StopBit);

    public void ForgetStop() => NoteStop(PrivateMode);

    /// <summary>A bit of the folder's mode: that takes no room, which a full disk would not have.</summary>
    private void NoteStop(uint mode)
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW);
        if (opened.Error == Errno.ENOENT)
            return;
        using Fd folder = opened.OrThrow("open", path);
        Errno error = Sys.Chmod(folder, mode);
        if (error != Errno.None)
            throw new StepException("note whether it is to stop", error, path);
    }

    /// <summary>Its anonymous volumes are removed with it, also by who finishes a removal that was killed.</summary>
    internal bool VolumesGo => Sys.StatAt(Fd.Cwd, path + "/" + VolumesFile).Ok;

    internal void NoteVolumesGo()
    {
        Result<Fd> file = Sys.OpenAt(Fd.Cwd, path + "/" + VolumesFile, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_NOFOLLOW, 0x180);
        // The folder has gone, and they with it.
        if (file.Error != Errno.ENOENT)
            file.OrThrow("note that the volumes go", path).Dispose();
    }

    /// <summary>For the monitor, which reads no records of people.</summary>
    public void ChangePolicy(RestartPolicy policy) => Write(RestartFile, Encoding.ASCII.GetBytes(policy.ToString()), 0x180);

    /// <summary>What update has set since the start; null: nothing.</summary>
    public RestartPolicy? ChangedPolicy() => ReadBytes(RestartFile) is { } bytes ? RestartPolicy.Parse(Encoding.ASCII.GetString(bytes)) : null;

    public void ForgetPolicy() => Sys.UnlinkAt(Fd.Cwd, path + "/" + RestartFile);

    /// <summary>For the monitor's events.</summary>
    internal void ChangeName(string name) => Write(NameFile, Encoding.ASCII.GetBytes(name), 0x180);

    /// <summary>What rename has given since the start; null: nothing.</summary>
    internal string? ChangedName() => ReadBytes(NameFile) is { } bytes ? Encoding.ASCII.GetString(bytes) : null;

    public void ForgetName() => Sys.UnlinkAt(Fd.Cwd, path + "/" + NameFile);

    /// <summary>
    /// The right to change or run it. A command takes it and hands it to the monitor, which keeps it for life: while it cannot be had there is a
    /// monitor, and a monitor that was killed has given it back. EAGAIN: another has it. ENOENT: the folder is gone.
    /// </summary>
    public Result<Fd> TryLock()
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path, Fcntl.O_RDONLY | Fcntl.O_DIRECTORY | Fcntl.O_NOFOLLOW);
        if (!opened.Ok)
            return opened.Error;
        Errno error = Sys.Flock(opened.Value, Fcntl.LOCK_EX | Fcntl.LOCK_NB);
        // Removed since it was opened?
        bool same = Sys.Fstat(opened.Value) is { Ok: true } held && Sys.StatAt(Fd.Cwd, path) is { Ok: true } now && held.Value.st_ino == now.Value.st_ino;
        if (error == Errno.None && same)
            return opened;
        opened.Value.Dispose();
        return error != Errno.None ? error : Errno.ENOENT;
    }

    /// <summary>Which pipes are its standard streams, for a monitor that comes later: numbers of <see cref="Monitor.ContainerStreams"/>'s.</summary>
    internal void SaveStreams(string numbers) => Write(StreamsFile, Encoding.ASCII.GetBytes(numbers), 0x180);

    internal string LoadStreams() => Encoding.ASCII.GetString(ReadBytes(StreamsFile) ?? []);

    /// <summary>The folder is the bundle of the OCI container.</summary>
    public void SaveConfig(RuntimeConfig config)
    {
        var buffer = new ArrayBufferWriter<byte>(8192);
        ConfigWriter.Write(buffer, config);
        Write(ConfigFile, buffer.WrittenSpan, 0x180);
    }

    /// <summary>Null: it was never started.</summary>
    public RuntimeConfig? Config()
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path + "/" + ConfigFile, Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW);
        if (opened.Error == Errno.ENOENT)
            return null;
        using Fd file = opened.OrThrow("open", path + "/" + ConfigFile);
        return RuntimeConfigReader.Parse(Sys.ReadFile(file, MaxFile).OrThrow("read", path + "/" + ConfigFile), path + "/" + ConfigFile);
    }

    /// <summary>A file that the container sees: readable by all, since its ids differ from ours.</summary>
    public void SaveShown(string name, string text)
    {
        Errno error = Sys.MkdirAt(Fd.Cwd, FilesPath, 0x1C0);
        if (error is not (Errno.None or Errno.EEXIST))
            throw new StepException("make", error, FilesPath);
        Write("files/" + name, Encoding.UTF8.GetBytes(text), 0x1A4);
    }

    /// <summary>The program of --init, which its processes may execute: its path.</summary>
    public string SaveInit(ReadOnlySpan<byte> program)
    {
        Write("init", program, 0x1ED);
        return path + "/init";
    }

    /// <summary>Everything below, then the folder.</summary>
    public void Remove() => OwnedTrees.Remove(path);

    private byte[]? ReadBytes(string name)
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, path + "/" + name, Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW);
        if (opened.Error == Errno.ENOENT)
            return null;
        using Fd file = opened.OrThrow("open", path + "/" + name);
        return Sys.ReadFile(file, MaxFile).OrThrow("read", path + "/" + name);
    }

    private T? Read<T>(string name, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) where T : class
    {
        if (ReadBytes(name) is not { } bytes)
            return null;
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
