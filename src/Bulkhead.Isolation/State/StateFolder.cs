using System;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation.State;

/// <summary>One container's folder, open: state.json, config.json, the fifo "start". Disposing releases the lock.</summary>
/// <param name="id">The container.</param>
/// <param name="path">Where it is.</param>
/// <param name="directory">The folder, opened.</param>
/// <param name="locked">The lock is ours.</param>
public sealed class StateFolder(string id, string path, Fd directory, bool locked) : IDisposable
{
    private const string StateFile = "state.json", NewFile = "state.json.new", ConfigFile = "config.json", FifoFile = "start", ControlFile = "control";
    private const uint FileMode = 0x180; // 0600
    private const int MaxFile = 16 << 20;

    public string Id => id;

    public string Path => path;

    /// <summary>Another command is changing the container now. A command that was killed holds no lock: the kernel has taken it back.</summary>
    public bool IsChangedByOther()
    {
        if (locked)
            return false;
        Errno error = Sys.Flock(directory, Fcntl.LOCK_SH | Fcntl.LOCK_NB);
        if (error == Errno.None)
            Sys.Flock(directory, Fcntl.LOCK_UN);
        return error == Errno.EAGAIN;
    }

    /// <summary>Written by rename: a reader sees the old or the new state, never half of one.</summary>
    public void Save(ContainerRecord state)
    {
        Write(NewFile, StateDocument.Write(state));
        Errno error = Sys.RenameAt(directory, NewFile, directory, StateFile);
        if (error != Errno.None)
            throw new StepException("save the container's state", error, path);
    }

    /// <summary>Null: the folder exists but create has not come to write a state (it runs, or it was killed).</summary>
    public ContainerRecord? Load()
    {
        ContainerRecord? record = Load(out string? damage);
        return damage is null ? record : throw new StepException(damage + "; remove the container with delete --force");
    }

    /// <summary>The same, but a state that cannot be read is told in <paramref name="damage"/>. One of a later version still throws.</summary>
    public ContainerRecord? Load(out string? damage)
    {
        damage = null;
        Result<byte[]?> bytes = TryRead(StateFile);
        if (!bytes.Ok)
            damage = $"read {StateFile} in {path}: {bytes.Error.Describe()}";
        if (damage is not null || bytes.Value is null)
            return null;
        ContainerRecord? record = StateDocument.Read(bytes.Value, path + "/" + StateFile, out damage);
        if (record is null || record.Id == id)
            return record;
        damage = $"{path}/{StateFile} is the state of another container";
        return null;
    }

    /// <summary>The configuration as given, byte for byte: exec needs it when the bundle has changed or is gone.</summary>
    public void SaveConfig(ReadOnlySpan<byte> json) => Write(ConfigFile, json);

    public byte[]? LoadConfig() => Read(ConfigFile);

    /// <summary>Makes the fifo and opens it both ways: the first process reads it until start writes.</summary>
    public Fd MakeFifo()
    {
        Errno error = Sys.MkfifoAt(directory, FifoFile, FileMode);
        if (error != Errno.None)
            throw new StepException("make the fifo for start in", error, path);
        return Sys.OpenAt(directory, FifoFile, Fcntl.O_RDWR).OrThrow("open the fifo for start in", path);
    }

    /// <summary>ENXIO: nobody waits for start.</summary>
    public Result<Fd> OpenFifo() => Sys.OpenAt(directory, FifoFile, Fcntl.O_WRONLY | Fcntl.O_NONBLOCK);

    public void RemoveFifo() => Sys.UnlinkAt(directory, FifoFile);

    /// <summary>Makes the socket "control", which a tier's own program reads orders from (datagrams, unix(7)).</summary>
    public Fd MakeControl()
    {
        Fd socket = Sys.CreateSocket(Socket.AF_UNIX, Socket.SOCK_DGRAM).OrThrow("make a socket");
        Errno error = Sys.BindUnix(socket, ControlPath);
        if (error == Errno.None)
            return socket;
        socket.Dispose();
        throw new StepException("make the control socket in", error, path);
    }

    /// <summary>ECONNREFUSED: its reader has ended; ENOENT: there never was one.</summary>
    public Result<Fd> OpenControl()
    {
        Fd socket = Sys.CreateSocket(Socket.AF_UNIX, Socket.SOCK_DGRAM).OrThrow("make a socket");
        Errno error = Sys.ConnectUnix(socket, ControlPath);
        if (error == Errno.None)
            return socket;
        socket.Dispose();
        return error;
    }

    /// <summary>By descriptor: a path has at most 107 bytes here.</summary>
    private string ControlPath => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"/proc/self/fd/{directory.Value}/{ControlFile}");

    /// <summary>Removes the folder. The name goes last, so that a killed delete can be repeated.</summary>
    public void Remove()
    {
        // Only what we make: a folder named by mistake (--root /etc) must not lose its files. state.json knows the cgroups: it goes last.
        foreach (string name in (ReadOnlySpan<string>)[ConfigFile, FifoFile, ControlFile, NewFile, StateFile])
            Sys.UnlinkAt(directory, name);
        Errno error = Sys.UnlinkAt(Fd.Cwd, path, Fcntl.AT_REMOVEDIR);
        if (error == Errno.ENOTEMPTY)
            throw new StepException($"{path} holds files that are no container's: look at them and remove them by hand");
        if (error is not (Errno.None or Errno.ENOENT))
            throw new StepException("remove the container's state folder", error, path);
    }

    public void Dispose() => directory.Dispose();

    private void Write(string name, ReadOnlySpan<byte> bytes)
    {
        Result<Fd> opened = Sys.OpenAt(directory, name, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_TRUNC | Fcntl.O_NOFOLLOW, FileMode);
        if (!opened.Ok)
            throw StateStore.Failure("write " + name + " in", opened.Error, path);
        using Fd file = opened.Value;
        Errno error = Sys.WriteAll(file, bytes);
        if (error != Errno.None)
            throw StateStore.Failure("write " + name + " in", error, path);
    }

    private byte[]? Read(string name) => TryRead(name).OrThrow("read " + name + " in", path);

    /// <summary>O_NONBLOCK: a fifo in the file's place must not keep us waiting.</summary>
    private Result<byte[]?> TryRead(string name)
    {
        Result<Fd> opened = Sys.OpenAt(directory, name, Fcntl.O_RDONLY | Fcntl.O_NOFOLLOW | Fcntl.O_NONBLOCK);
        if (opened.Error == Errno.ENOENT)
            return (byte[]?)null;
        if (!opened.Ok)
            return opened.Error;
        using Fd file = opened.Value;
        Result<byte[]> bytes = Sys.ReadFile(file, MaxFile);
        return bytes.Ok ? bytes.Value : bytes.Error;
    }
}
