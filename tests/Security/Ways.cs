namespace Bulkhead.Security;

/// <summary>Rows that are the same for every tier.</summary>
public static class Ways
{
    public static readonly Tier[] Tiers = [Tier.Hardened, Tier.UserKernel];

    private static readonly Entry[] Entries = [Entry.Init, Entry.Exec];

    /// <summary>By init and by exec.</summary>
    public static TheoryData<Entry, Tier> Every() => new MatrixTheoryData<Entry, Tier>(Entries, Tiers);

    /// <summary>With each of some texts before them.</summary>
    public static TheoryData<string, Entry, Tier> With(string[] texts) => new MatrixTheoryData<string, Entry, Tier>(texts, Entries, Tiers);
}
