using System;
using System.Collections.Generic;
using System.Globalization;
using Bulkhead.Linux.Abi;
using Bulkhead.UserKernel.Filters;
using Bulkhead.UserKernel.Host;
using Bulkhead.UserKernel.Tasks;
using Bulkhead.UserKernel.Vfs.Proc;

namespace Bulkhead.UserKernel.Texts;

/// <summary>
/// Rewritten texts by file (docs/decisions/0042). What is in one depends on the file's bytes and on nothing that a guest says or does, so that one
/// copy can be everybody's.
/// </summary>
internal sealed class TextCache(Kernel kernel, ulong gate)
{
    private const string Prefix = "/memfd:text-", Suffix = " (deleted)";
    private const ulong MostLength = 8 << 20;
    private const long MostTotal = 32 << 20, MemoryShare = 16, Second = 1_000_000_000;

    /// <summary>Times of files are as coarse as this: a file that has just been written could change once more without a trace.</summary>
    private const long Settled = 2 * Second;

    /// <summary>What was used within this time is not dropped for another one.</summary>
    private const long Rest = 10 * Second;
    private const int MostEntries = 512, MostMade = 4096, MostShared = 4096;

    private readonly Dictionary<TextKey, Entry> entries = [];
    private readonly List<SharedText> made = [];
    private readonly HashSet<(ulong, ulong)> shared = [];
    private long total, mostTotal = -1;

    private sealed class Entry
    {
        public SharedText? Text { get; set; }

        /// <summary>It was tried, and there is nothing to rewrite.</summary>
        public bool IsPlain { get; set; }

        public long LastUse { get; set; }
    }

    /// <summary>
    /// What is to be mapped in the place of these pages of a file; null: they themselves. It is made when they are mapped for the second time: what is
    /// used once is not worth a copy.
    /// </summary>
    public SharedText? Find(GuestTask task, int fd, ulong offset, ulong length)
    {
        // Who is looked at, or asks before each call, sees the text as it is.
        if (!kernel.Options.Rewriting || task.Trace is not null || ((task.Seccomp?.Asked ?? 0) & SeccompState.AskAll) != 0)
            return null;
        if (length is 0 or > MostLength || HostFiles.Stat(fd, out stat status) < 0 || !IsTrusted(status))
            return null;
        TextKey key = TextKey.Of(status, offset, length);
        long now = HostEvents.Now(1);
        if (!entries.TryGetValue(key, out Entry? entry))
        {
            MakeRoom();
            entries.Add(key, new Entry { LastUse = now });
            return null;
        }
        entry.LastUse = now;
        if (entry.Text is null && !entry.IsPlain)
            Make(entry, key, fd, now);
        return entry.Text;
    }

    /// <summary>Whoever has memory in common with a file can change it later, and on some file systems no time of the file tells.</summary>
    public void Distrust(int fd)
    {
        if (shared.Count < MostShared && HostFiles.Stat(fd, out stat status) == 0)
            shared.Add((status.st_dev, status.st_ino));
    }

    /// <summary>A mapping by the name that the host gives it; null: it is none of these.</summary>
    public SharedText? Named(ReadOnlySpan<char> name) =>
        name.StartsWith(Prefix) && name.EndsWith(Suffix) && int.TryParse(name[Prefix.Length..^Suffix.Length], NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number < made.Count ? made[number] : null;

    private bool IsTrusted(in stat status)
    {
        if ((status.st_mode & StatMode.S_IFMT) != StatMode.S_IFREG)
            return false;
        (ulong, ulong) file = (status.st_dev, status.st_ino);
        return shared.Count < MostShared && !shared.Contains(file) && !kernel.FileSystem.Busy.IsWritten(file);
    }

    private void Make(Entry entry, in TextKey key, int fd, long now)
    {
        (long Seconds, long) last = key.Modified.CompareTo(key.Changed) > 0 ? key.Modified : key.Changed;
        if (made.Count >= MostMade || HostEvents.Now(0) - (last.Seconds * Second) < Settled + Second || !HasRoomFor(key.Length, now))
            return;
        kernel.Identity.AssumeOwn();
        SharedText? text = key.IsWithinFile ? SharedText.Make(fd, key, made.Count, gate) : null;
        entry.IsPlain = text is null;
        entry.Text = text;
        if (text is null)
            return;
        made.Add(text);
        total += (long)text.Size;
    }

    private bool HasRoomFor(ulong length, long now)
    {
        if (mostTotal < 0)
            mostTotal = Math.Min(MostTotal, SandboxMemory.Limit(kernel) / MemoryShare ?? MostTotal);
        while (total + (long)length > mostTotal)
        {
            if (Oldest(each => each.Text is not null) is not { } oldest || now - oldest.Value.LastUse < Rest)
                return false;
            Forget(oldest.Key, oldest.Value);
        }
        return true;
    }

    private void MakeRoom()
    {
        if (entries.Count >= MostEntries && Oldest(_ => true) is { } oldest)
            Forget(oldest.Key, oldest.Value);
    }

    private KeyValuePair<TextKey, Entry>? Oldest(Predicate<Entry> wanted)
    {
        KeyValuePair<TextKey, Entry>? oldest = null;
        foreach (KeyValuePair<TextKey, Entry> each in entries)
        {
            if (wanted(each.Value) && (oldest is null || each.Value.LastUse < oldest.Value.Value.LastUse))
                oldest = each;
        }
        return oldest;
    }

    private void Forget(in TextKey key, Entry entry)
    {
        entries.Remove(key);
        if (entry.Text is null)
            return;
        total -= (long)entry.Text.Size;
        entry.Text.Drop();
    }
}
