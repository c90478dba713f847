namespace Bulkhead.Engines;

/// <summary>Capability sets as /proc/PID/status prints them.</summary>
internal static class Capability
{
    internal const string None = "0000000000000000";
    internal const string NetBindService = "0000000000000400";
    internal const string Default = "00000000a80425fb";
    internal const string DefaultAndSysPtrace = "00000000a80c25fb";
}
