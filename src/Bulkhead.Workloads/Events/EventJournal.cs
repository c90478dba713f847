using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text.Json;
using Bulkhead.Linux;
using Bulkhead.Linux.Abi;

namespace Bulkhead.Workloads.Events;

/// <summary>
/// What happened to containers, as lines of Docker's JSON in a file that commands and monitors append to and `events` follows. There is no daemon that
/// could tell it. The file is of a limited size, and one older one is kept. What cannot be written (a full disk) is lost: it must stop nothing.
/// </summary>
/// <param name="root">The data folder.</param>
public sealed class EventJournal(string root)
{
    /// <summary>The file that is written and the one before it.</summary>
    public const int Files = 2;

    private const long MaxSize = 1 << 20;
    private const long NanosecondsPerTick = 100, NanosecondsPerSecond = 1_000_000_000;
    private const uint Mode = 0x180; // 0600

    public string Path => root + "/events.json";

    /// <param name="id">The container.</param>
    /// <param name="action">Docker's word.</param>
    /// <param name="attributes">Its name, its labels, and what belongs to the action.</param>
    public void Write(string id, string action, IEnumerable<KeyValuePair<string, string>> attributes)
    {
        using Fd? file = Open();
        if (file is null)
            return;
        long size = Sys.Fstat(file) is { Ok: true } status ? status.Value.st_size : 0;
        // Half a line would spoil the next one.
        if (Sys.WriteAll(file, Line(id, action, attributes)) != Errno.None)
            Sys.Truncate(file, size);
    }

    private static ReadOnlySpan<byte> Line(string id, string action, IEnumerable<KeyValuePair<string, string>> attributes)
    {
        long time = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * NanosecondsPerTick;
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("status", action);
            json.WriteString("id", id);
            json.WriteString("from", "");
            json.WriteString("Type", "container");
            json.WriteString("Action", action);
            json.WriteStartObject("Actor");
            json.WriteString("ID", id);
            json.WriteStartObject("Attributes");
            foreach ((string key, string value) in attributes)
                json.WriteString(key, value);
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteString("scope", "local");
            json.WriteNumber("time", time / NanosecondsPerSecond);
            json.WriteNumber("timeNano", time);
            json.WriteEndObject();
        }
        buffer.Write("\n"u8);
        return buffer.WrittenSpan;
    }

    /// <summary>The newest file, locked; null: it cannot be written.</summary>
    private Fd? Open()
    {
        const int Attempts = 100;
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            Result<Fd> opened = Sys.OpenAt(Fd.Cwd, Path, Fcntl.O_WRONLY | Fcntl.O_CREAT | Fcntl.O_APPEND | Fcntl.O_NOFOLLOW, Mode);
            if (!opened.Ok)
                return null;
            Fd file = opened.Value;
            // Rotated between the open and the lock?
            bool current = Sys.Flock(file, Fcntl.LOCK_EX) == Errno.None && Sys.Fstat(file) is { Ok: true } held
                && Sys.StatAt(Fd.Cwd, Path) is { Ok: true } now && held.Value.st_ino == now.Value.st_ino && held.Value.st_size < MaxSize;
            if (current)
                return file;
            if (Sys.Fstat(file) is { Ok: true } full && full.Value.st_size >= MaxSize && IsNewest(full.Value.st_ino))
                Sys.RenameAt(Fd.Cwd, Path, Fd.Cwd, Path + ".1");
            file.Dispose();
        }
        return null;
    }

    private bool IsNewest(ulong inode) => Sys.StatAt(Fd.Cwd, Path) is { Ok: true } now && now.Value.st_ino == inode;
}
