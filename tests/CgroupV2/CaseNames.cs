using System;

namespace Bulkhead.CgroupV2;

/// <summary>
/// Every case. The host has these names from this same file and asks for each; the program refuses to run when it knows others, so
/// that none is forgotten on either side.
/// </summary>
internal static class CaseNames
{
    /// <summary>The last line of a case that passed is this word, its name, and how many checks it made.</summary>
    public const string Passed = "passed";

    public static ReadOnlySpan<string> All => new[]
    {
        "memory", "memory-refused", "cpu-max", "cpu-weight", "cpu-burst", "cpu-idle", "pids-max", "pids-enforced", "cpuset",
        "io-weight", "io-max", "hugepages", "unified", "unified-refused", "foreign-refused", "failure-leaves-nothing",
        "controllers-nested", "controllers-enabled-again", "internal-processes", "threaded",
        "clone-into", "clone-into-inner", "clone-into-full", "clone-into-removed", "add-process", "exec-placement",
        "freeze", "freeze-nested", "used-refused", "kill-frozen", "kill-fork-bomb", "kill-signal", "pids-recursive",
        "stats", "stats-unlimited", "oom", "oom-gone",
        "devices", "devices-denied", "devices-update",
        "update-order", "update-untouched", "update-cpu-half", "update-swap-alone", "update-below-use", "remove-nested", "remove-busy", "found-again",
    };
}
