namespace Bulkhead.UserKernel.Confinement;

/// <summary>An argument of an allowed call: masked, it must be one of the values. <paramref name="Wide"/>: its upper half must be zero too.</summary>
internal readonly record struct ArgumentRule(int Index, uint Mask, uint[] Values, bool Wide = false);

/// <summary>A host call that is allowed, and why.</summary>
internal readonly record struct HostCall(int Nr, string Name, string Reason, params ArgumentRule[] Arguments);
