namespace Bulkhead.UserKernel.Tasks;

/// <summary>How a thread goes on once its process does.</summary>
internal enum HeldKind
{
    /// <summary>Its system call has ended.</summary>
    Answer,

    /// <summary>Its system call has not begun, or what it waited for has come.</summary>
    Call,

    /// <summary>It asked for signals.</summary>
    Signals,

    /// <summary>It was on its way back to the guest.</summary>
    Continue,
}
