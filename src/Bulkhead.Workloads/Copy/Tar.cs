using System;
using System.Collections.Generic;
using System.Formats.Tar;
using System.IO;
using Bulkhead.Linux;

namespace Bulkhead.Workloads.Copy;

/// <summary>Entries as a tar stream (POSIX pax), and back.</summary>
/// <param name="output">The stream.</param>
/// <param name="name">Of the top entry; empty: ".".</param>
public sealed class TarSink(Stream output, string name) : IEntrySink, IDisposable
{
    private readonly TarWriter _writer = new(output, TarEntryFormat.Pax, leaveOpen: true);

    public void Put(CopyEntry entry)
    {
        string top = name.Length == 0 ? "." : name;
        var tar = new PaxTarEntry(Type(entry.Kind), entry.Path.Length == 0 ? top + (entry.Kind == EntryKind.Directory ? "/" : "") : top + "/" + entry.Path)
        {
            Mode = (UnixFileMode)entry.Mode,
            Uid = (int)entry.Uid,
            Gid = (int)entry.Gid,
            ModificationTime = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(entry.Modified, -62_000_000_000, 250_000_000_000)).AddTicks(entry.ModifiedNanoseconds / 100),
        };
        if (entry.Kind == EntryKind.SymbolicLink)
            tar.LinkName = entry.Target;
        if (entry.Content is { } content && entry.Size > 0)
            tar.DataStream = new FixedLengthStream(content, entry.Size);
        _writer.WriteEntry(tar);
    }

    public void Finish() => _writer.Dispose();

    public void Dispose() => _writer.Dispose();

    private static TarEntryType Type(EntryKind kind) => kind switch
    {
        EntryKind.Directory => TarEntryType.Directory,
        EntryKind.SymbolicLink => TarEntryType.SymbolicLink,
        _ => TarEntryType.RegularFile,
    };
}

/// <summary>The entries of a tar stream that somebody else made.</summary>
/// <param name="input">The stream.</param>
/// <param name="skipped">Hears of each entry that is left out.</param>
public sealed class TarSource(Stream input, Action<string> skipped)
{
    public IEnumerable<CopyEntry> Read()
    {
        using var reader = new TarReader(input, leaveOpen: true);
        while (Next(reader) is { } entry)
        {
            string? path = Clean(entry.Name);
            string? target = entry.EntryType == TarEntryType.HardLink ? Clean(entry.LinkName) : entry.LinkName;
            if (Kind(entry.EntryType) is not { } kind)
                skipped($"{entry.Name} in the tar is a {entry.EntryType}: not copied");
            else if (path is null || target is null)
                skipped($"{entry.Name} in the tar has .. in its name: not copied");
            else
                yield return Entry(entry, path, target, kind);
        }
    }

    private static CopyEntry Entry(TarEntry entry, string path, string target, EntryKind kind) => new()
    {
        Path = path,
        Kind = kind,
        Mode = (uint)entry.Mode & 0xFFF,
        Uid = (uint)entry.Uid,
        Gid = (uint)entry.Gid,
        Modified = entry.ModificationTime.ToUnixTimeSeconds(),
        ModifiedNanoseconds = entry.ModificationTime.Ticks % TimeSpan.TicksPerSecond * 100,
        Size = entry.Length,
        Target = target,
        Content = entry.DataStream,
    };

    private static TarEntry? Next(TarReader reader)
    {
        try
        {
            return reader.GetNextEntry();
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException or FormatException or ArgumentException)
        {
            throw new StepException($"standard input is no whole tar: {error.GetType().Name}");
        }
    }

    /// <summary>Null: it leads up.</summary>
    private static string? Clean(string name)
    {
        var parts = new List<string>();
        foreach (string part in name.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "..")
                return null;
            if (part != ".")
                parts.Add(part);
        }
        return string.Join('/', parts);
    }

    private static EntryKind? Kind(TarEntryType type) => type switch
    {
        TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile => EntryKind.File,
        TarEntryType.Directory => EntryKind.Directory,
        TarEntryType.SymbolicLink => EntryKind.SymbolicLink,
        TarEntryType.HardLink => EntryKind.HardLink,
        _ => null,
    };
}
