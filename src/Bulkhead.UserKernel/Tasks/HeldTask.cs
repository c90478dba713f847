namespace Bulkhead.UserKernel.Tasks;

/// <summary>A thread that waits for SIGCONT.</summary>
internal readonly record struct HeldTask(GuestTask Task, HeldKind Kind, long Result);
