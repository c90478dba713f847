using System;
using System.Buffers.Text;
using System.Globalization;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>What the kernel says of a container's first process now.</summary>
public static class InitProcess
{
    private const int MaxStat = 4096;

    /// <summary>Created, Running or Stopped. A paused container is "Running" here: the cgroup knows about pausing.</summary>
    public static ContainerStatus Status(ContainerRecord state)
    {
        if (state.Pid == 0)
            return ContainerStatus.Creating;
        if (!IsAlive(state))
            return ContainerStatus.Stopped;
        string exe = string.Create(CultureInfo.InvariantCulture, $"/proc/{state.Pid}/exe");
        Result<stat> image = Sys.StatAt(Fd.Cwd, exe);
        bool stub = image.Ok && image.Value.st_ino == state.StubInode && image.Value.st_dev == state.StubDevice;
        return stub ? ContainerStatus.Created : ContainerStatus.Running;
    }

    /// <summary>The process lives, is no zombie, and is the one that was started: its start time is the same.</summary>
    public static bool IsAlive(ContainerRecord state) =>
        ReadStat(state.Pid, out char code, out ulong startTime) && code is not ('Z' or 'X') && startTime == state.StartTime;

    /// <summary>A pidfd of the process, or ESRCH when it is gone or another took its number.</summary>
    public static Result<Fd> Open(ContainerRecord state)
    {
        if (state.Pid == 0)
            return Errno.ESRCH;
        Result<Fd> pidfd = Sys.PidfdOpen(state.Pid);
        if (!pidfd.Ok)
            return pidfd.Error;
        // Checked after the pidfd is held: from here on the number cannot be reused for another process.
        if (IsAlive(state))
            return pidfd;
        pidfd.Value.Dispose();
        return Errno.ESRCH;
    }

    /// <summary>How it ended, while its parent has not reaped it: field 52 of /proc/PID/stat. Null: it lives, was reaped, or may not be looked at.</summary>
    public static int? ZombieStatus(ContainerRecord state)
    {
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, string.Create(CultureInfo.InvariantCulture, $"/proc/{state.Pid}/stat"), Fcntl.O_RDONLY);
        if (!opened.Ok)
            return null;
        using Fd file = opened.Value;
        Span<byte> buffer = stackalloc byte[MaxStat];
        Result<int> length = Sys.Read(file, buffer);
        if (!length.Ok || !TryParseStat(buffer[..length.Value], out char code, out ulong startTime) || code != 'Z' || startTime != state.StartTime)
            return null;
        ReadOnlySpan<byte> text = buffer[..length.Value].TrimEnd((byte)'\n');
        return Utf8Parser.TryParse(text[(text.LastIndexOf((byte)' ') + 1)..], out int status, out _) ? Sys.ExitStatus(status) : null;
    }

    /// <summary>Field 22 of /proc/PID/stat.</summary>
    public static ulong StartTime(int pid) =>
        ReadStat(pid, out _, out ulong startTime) ? startTime : throw new StepException("read the start time of the container's first process", Errno.ESRCH);

    private static bool ReadStat(int pid, out char code, out ulong startTime)
    {
        code = 'X';
        startTime = 0;
        Result<Fd> opened = Sys.OpenAt(Fd.Cwd, string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"), Fcntl.O_RDONLY);
        if (!opened.Ok)
        {
            // "Stopped" must not be said of a container that cannot be seen.
            Sys.StatAt(Fd.Cwd, "/proc/self", Fcntl.AT_SYMLINK_NOFOLLOW).OrThrow("look at the container's process: /proc is not mounted");
            return false;
        }
        using Fd file = opened.Value;
        Span<byte> buffer = stackalloc byte[MaxStat];
        Result<int> length = Sys.Read(file, buffer);
        return length.Ok && TryParseStat(buffer[..length.Value], out code, out startTime);
    }

    /// <summary>proc_pid_stat(5): the state and field 22.</summary>
    internal static bool TryParseStat(ReadOnlySpan<byte> text, out char code, out ulong startTime)
    {
        code = 'X';
        startTime = 0;
        // The name in parentheses may hold anything, also ")": fields are counted from the last one.
        const int StartTimeAfterName = 20;
        ReadOnlySpan<byte> fields = text[(text.LastIndexOf((byte)')') + 1)..];
        ReadOnlySpan<byte> state = default;
        for (int i = 0; i < StartTimeAfterName; i++)
        {
            int space = fields.IndexOf((byte)' ');
            if (space < 0)
                return false;
            fields = fields[(space + 1)..];
            state = i == 0 ? fields : state;
        }
        int end = fields.IndexOf((byte)' ');
        if (end < 0 || !Utf8Parser.TryParse(fields[..end], out ulong ticks, out int used) || used != end)
            return false;
        startTime = ticks;
        code = (char)state[0];
        return true;
    }
}
