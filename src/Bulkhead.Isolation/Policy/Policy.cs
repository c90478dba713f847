using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Isolation;

/// <summary>
/// What the administrator allows, whatever an engine asks for. A policy only refuses or tightens. docs/policy.md describes the file.
/// </summary>
public sealed partial class Policy
{
    /// <summary>Where the administrator's policy lives.</summary>
    public const string DefaultPath = "/etc/bulkhead/policy.toml";

    // A policy of the command line applies on top: it can never loosen the administrator's.
    private Policy? _next;

    internal Rule? Privileged { get; set; }

    internal Rule? RootUser { get; set; }

    internal Rule? WritableRoot { get; set; }

    internal Rule? NoNewPrivileges { get; set; }

    internal Rule? UnconfinedSeccomp { get; set; }

    internal Rule? EngineSockets { get; set; }

    internal Rule? MinIsolation { get; set; }

    internal Rule? HostNamespaces { get; set; }

    internal Rule? CapabilitiesAllowed { get; set; }

    internal Rule? CapabilitiesExcess { get; set; }

    internal Rule? MountsAllowed { get; set; }

    internal Rule? MountsRefused { get; set; }

    /// <summary>
    /// The administrator's policy, or the built-in one where there is none, and <paramref name="file"/> (--policy) on top.
    /// </summary>
    /// <exception cref="StepException">A file that is broken, missing (only --policy) or not trustworthy: nothing may start.</exception>
    public static Policy Load(string? file = null) => Load(DefaultPath, file);

    internal static Policy Load(string administrator, string? file)
    {
        // Without a file the TOML parser is never touched.
        byte[]? text = PolicyFile.Read(administrator, mustExist: false);
        Policy policy = text is null ? new Policy() : PolicyFile.Parse(text, administrator);
        policy.EngineSockets ??= new Rule("engine_sockets", "built-in policy") { Action = RuleAction.Refuse };
        if (file is not null)
            policy._next = PolicyFile.Parse(PolicyFile.Read(file, mustExist: true)!, file);
        return policy;
    }

    /// <summary>Tightens the config of a container in place, or refuses it.</summary>
    /// <param name="config">A validated config.</param>
    /// <param name="bundle">The bundle's absolute path: relative paths of the config start there.</param>
    /// <param name="tier">The isolation that the container will get.</param>
    /// <returns>What the rules on mounts were held against.</returns>
    /// <exception cref="StepException">A denial; it names the rule and where it stands.</exception>
    public JudgedSources Apply(RuntimeConfig config, string bundle, IsolationTier tier = IsolationTier.Hardened)
    {
        var judged = new JudgedSources();
        Apply(config, bundle, tier, judged);
        return judged;
    }

    private void Apply(RuntimeConfig config, string bundle, IsolationTier tier, JudgedSources judged)
    {
        Isolation(tier);
        if (config.Process is not null)
            Process(config.Process, "$.process", config);
        Devices(config);
        Root(config);
        Namespaces(config);
        Seccomp(config);
        Mounts(config, bundle, judged);
        _next?.Apply(config, bundle, tier, judged);
    }

    /// <summary>Tightens the process of an exec in place, or refuses it. <paramref name="container"/> is the config of its container.</summary>
    /// <exception cref="StepException">A denial; it names the rule and where it stands.</exception>
    public void ApplyExec(Process process, RuntimeConfig container)
    {
        Process(process, "process", container);
        _next?.ApplyExec(process, container);
    }

    private static StepException Denied(Rule rule, string why) => new($"refused by policy {rule.Name} ({rule.Origin}): {why}");

    private void Isolation(IsolationTier tier)
    {
        if (MinIsolation is not null && tier < MinIsolation.Tier)
            throw Denied(MinIsolation, $"the container would run {TierName(tier)}; at least {TierName(MinIsolation.Tier)} is asked for");
    }

    private static string TierName(IsolationTier tier) => tier switch
    {
        IsolationTier.UserKernel => "userkernel",
        IsolationTier.MicroVm => "microvm",
        _ => "hardened",
    };

    private void Root(RuntimeConfig config)
    {
        if (WritableRoot is null || WritableRoot.Action == RuleAction.Allow || config.Root is null || config.Root.Readonly)
            return;
        if (WritableRoot.Action == RuleAction.Refuse)
            throw Denied(WritableRoot, "$.root.readonly is not true");
        config.Root.Readonly = true;
    }

    private void Seccomp(RuntimeConfig config)
    {
        if (UnconfinedSeccomp is null || UnconfinedSeccomp.Action == RuleAction.Allow)
            return;
        LinuxSeccomp? seccomp = config.Linux?.Seccomp;
        if (seccomp is null)
            throw Denied(UnconfinedSeccomp, "the config has no $.linux.seccomp");
        if (seccomp.DefaultAction is not ("SCMP_ACT_ALLOW" or "SCMP_ACT_LOG"))
            return;
        foreach (LinuxSyscall rule in seccomp.Syscalls)
        {
            if (rule.Action is not ("SCMP_ACT_ALLOW" or "SCMP_ACT_LOG"))
                return;
        }
        throw Denied(UnconfinedSeccomp, "$.linux.seccomp allows every system call");
    }
}
