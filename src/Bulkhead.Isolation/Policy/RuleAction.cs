namespace Bulkhead.Isolation;

/// <summary>What a rule does with a config that it meets.</summary>
internal enum RuleAction
{
    Allow,
    Refuse,

    /// <summary>The config is made stricter in place.</summary>
    Tighten,

    /// <summary>Allowed only inside a user namespace where it is nobody's root outside.</summary>
    UserNamespace,
}
