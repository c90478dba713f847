using Bulkhead.Isolation.Plan;
using Bulkhead.Isolation.State;

namespace Bulkhead.Isolation.Hardened;

/// <summary>Containers that share the host's kernel, with namespaces done right.</summary>
public sealed class HardenedTier : ITier
{
    public string Name => "hardened";

    public TierFeatures Features => TierFeatures.Pause | TierFeatures.Update | TierFeatures.Exec | TierFeatures.Hooks | TierFeatures.JoinNamespaces;

    public ISandbox Create(SandboxPlan plan, ContainerRecord state, StateFolder folder, ProcessStreams streams) =>
        new SandboxCreator(plan, state, folder, streams).Create();

    public ISandbox Open(ContainerRecord state, StateFolder folder) => new HardenedSandbox(state, folder, process: null);
}
