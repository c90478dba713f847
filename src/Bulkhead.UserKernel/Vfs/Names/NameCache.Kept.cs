using System.Collections.Generic;
using Bulkhead.UserKernel.Files;
using Bulkhead.UserKernel.Tasks;

namespace Bulkhead.UserKernel.Vfs.Names;

/// <summary>
/// Files that were open for reading and nobody has any more: who opens the same name next gets it, without a call of the host's. Only for a user with
/// the same rights, and while no mode has changed; a name that is forgotten lets its file go, so that what is removed takes no space.
/// </summary>
internal sealed unsafe partial class NameCache
{
    private static readonly int MostKept = MostDescriptors / 4;
    private readonly List<Entry> kept = [];

    /// <summary>Noted as a file is opened.</summary>
    public OpenedBy How(Entry entry, Credentials user) => new(entry, NumberOf(user), Forgotten, searchTurn);

    /// <summary>As it is closed. False: it is to be closed for good.</summary>
    public bool Keep(HostFile file)
    {
        Entry entry = file.Opened.Entry!;
        if (entry.IsForgotten || entry.Kept is not null || file.Opened.Forgotten != Forgotten || file.Opened.User >= MostSearchers || MostKept == 0)
            return false;
        if (kept.Count >= MostKept && MostKept > 0)
            Discard(kept[0]);
        entry.Kept = file;
        kept.Add(entry);
        return true;
    }

    /// <summary>Null: there is none for this user.</summary>
    public HostFile? Take(Entry entry, Credentials user)
    {
        if (entry.Kept is not { } file || file.Opened.User != NumberOf(user) || (file.Opened.Modes != searchTurn && !entry.IsFixed))
            return null;
        entry.Kept = null;
        kept.Remove(entry);
        return file;
    }

    private void Discard(Entry entry)
    {
        entry.Kept?.Discard();
        entry.Kept = null;
        kept.Remove(entry);
    }

    private void DiscardBeneath(Entry directory)
    {
        for (int i = kept.Count - 1; i >= 0; i--)
        {
            if (IsBeneath(kept[i], directory))
                Discard(kept[i]);
        }
    }
}
