using Bulkhead.Linux;

namespace Bulkhead.Isolation.Lifecycle;

/// <summary>The tiers that a program was built with.</summary>
public sealed class Tiers(params ITier[] tiers)
{
    /// <summary>Another tier is refused by name, never replaced by a weaker one.</summary>
    /// <exception cref="StepException">It is not there.</exception>
    public ITier Named(string name)
    {
        foreach (ITier tier in tiers)
        {
            if (tier.Name == name)
                return tier;
        }
        throw new StepException($"isolation {name} is not available in this version of bulkhead (available: {string.Join(", ", System.Array.ConvertAll(tiers, tier => tier.Name))})");
    }
}
