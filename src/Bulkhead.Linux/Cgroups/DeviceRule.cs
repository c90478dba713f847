using System.Collections.Generic;

namespace Bulkhead.Linux.Cgroups;

/// <summary>
/// One device rule. <paramref name="Type"/>: 'a' (all), 'b' or 'c'; a null number is every number; <paramref name="Access"/>: some of "rwm".
/// </summary>
public readonly record struct DeviceRule(bool Allow, char Type, long? Major, long? Minor, string Access)
{
    /// <summary>What every container may use (runc's list): making nodes, and the harmless ones of the default /dev.</summary>
    public static IReadOnlyList<DeviceRule> Default { get; } =
    [
        new(true, 'c', null, null, "m"),
        new(true, 'b', null, null, "m"),
        new(true, 'c', 1, 3, "rwm"),     // null
        new(true, 'c', 1, 8, "rwm"),     // random
        new(true, 'c', 1, 7, "rwm"),     // full
        new(true, 'c', 5, 0, "rwm"),     // tty
        new(true, 'c', 1, 5, "rwm"),     // zero
        new(true, 'c', 1, 9, "rwm"),     // urandom
        new(true, 'c', 136, null, "rwm"), // pts/*
        new(true, 'c', 5, 2, "rwm"),     // ptmx
    ];
}
