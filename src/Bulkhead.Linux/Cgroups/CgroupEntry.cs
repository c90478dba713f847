using System;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Linux.Cgroups;

/// <summary>The container's directory in one hierarchy. The directory is opened when first needed.</summary>
internal sealed class CgroupEntry(string key, CgroupControllers controllers, string path) : IDisposable
{
    private Fd? _dir;

    public string Key { get; } = key;

    public CgroupControllers Controllers { get; } = controllers;

    public string Path { get; } = path;

    public bool IsUnified => Controllers == CgroupControllers.Unified;

    /// <summary>The directory; throws when it is gone.</summary>
    public Fd Dir => TryDir().OrThrow("open cgroup", Path);

    public Result<Fd> TryDir()
    {
        if (_dir is not null)
            return _dir;
        // cgroup file systems hold no symbolic links; a link in the way was put by somebody who wants us elsewhere.
        Result<Fd> dir = Sys.OpenAt2(Fd.Cwd, Path, Fcntl.O_PATH | Fcntl.O_DIRECTORY, Fcntl.RESOLVE_NO_SYMLINKS | Fcntl.RESOLVE_NO_MAGICLINKS);
        if (dir.Ok)
            _dir = dir.Value;
        return dir;
    }

    /// <summary>Writes one value; the exception names controller, value and file.</summary>
    public void Write(string file, string value)
    {
        Errno error = TryWrite(file, value);
        if (error != Errno.None)
            throw Failed(file, value, error);
    }

    public void Write(string file, long value) => Write(file, CgroupIo.Text(value));

    public void Write(string file, ulong value) => Write(file, CgroupIo.Text(value));

    public Errno TryWrite(string file, string value) => CgroupIo.TryWrite(Dir, file, value);

    public StepException Failed(string file, string value, Errno error)
    {
        string controller = IsUnified ? file.Split('.')[0] : Key;
        string step = error is Errno.ENOENT or Errno.EACCES or Errno.EPERM && IsUnified && !IsEnabled(controller)
            ? $"cgroup controller {controller} is not available in this cgroup: cannot write \"{value}\" to"
            : error == Errno.ENOENT
                ? $"this kernel's cgroup controller {controller} lacks the file: cannot write \"{value}\" to"
                : $"cgroup controller {controller}: cannot write \"{value}\" to";
        return new StepException(step, error, Path + "/" + file);
    }

    public Result<string> Read(string file)
    {
        Result<Fd> dir = TryDir();
        return dir.Ok ? CgroupIo.Read(dir.Value, file) : dir.Error;
    }

    public Result<ulong> ReadNumber(string file)
    {
        Result<Fd> dir = TryDir();
        return dir.Ok ? CgroupIo.ReadNumber(dir.Value, file) : dir.Error;
    }

    /// <summary>v2: whether a controller is enabled here. "cgroup" is the core itself.</summary>
    public bool IsEnabled(string controller)
    {
        if (controller == "cgroup")
            return true;
        Result<string> list = Read("cgroup.controllers");
        if (!list.Ok)
            return false;
        foreach (Range range in list.Value.AsSpan().TrimEnd().Split(' '))
        {
            if (list.Value.AsSpan(range).SequenceEqual(controller))
                return true;
        }
        return false;
    }

    public void Dispose() => _dir?.Dispose();
}
