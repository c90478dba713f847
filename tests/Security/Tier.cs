namespace Bulkhead.Security;

/// <summary>What stands between a container and the host's kernel (--isolation).</summary>
public enum Tier
{
    Hardened,
    UserKernel,
}
