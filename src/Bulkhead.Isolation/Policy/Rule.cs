namespace Bulkhead.Isolation;

/// <summary>One line of a policy: what it says and where it stands.</summary>
internal sealed class Rule
{
    public Rule(string name, string origin)
    {
        Name = name;
        Origin = origin;
    }

    /// <summary>The key in the file.</summary>
    public string Name { get; }

    /// <summary>FILE:LINE, or "built-in policy".</summary>
    public string Origin { get; }

    public RuleAction Action { get; init; }

    /// <summary>The list of a rule that has one.</summary>
    public string[] Values { get; init; } = [];

    /// <summary>The tier of min_isolation.</summary>
    public IsolationTier Tier { get; init; }
}
