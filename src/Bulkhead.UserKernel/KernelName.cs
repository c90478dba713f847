namespace Bulkhead.UserKernel;

/// <summary>What uname(2) says: the interface is Linux's, the kernel is ours. The version is the one whose calls the table follows.</summary>
internal static class KernelName
{
    public const string System = "Linux";
    public const string Release = "6.1.0-bulkhead";

    /// <summary>What programs of the 2.6 days shall see (personality(2), UNAME26): 60 more than the second number.</summary>
    public const string OldRelease = "2.6.61-bulkhead";
    public const string Version = "#1 SMP Bulkhead user kernel 0.1.0";
    public const string Machine = "x86_64", Machine32 = "i686";
}
