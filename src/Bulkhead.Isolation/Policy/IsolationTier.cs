namespace Bulkhead.Isolation;

/// <summary>The kinds of wall between a container and the host, weakest first.</summary>
public enum IsolationTier
{
    Hardened,
    UserKernel,
    MicroVm,
}
