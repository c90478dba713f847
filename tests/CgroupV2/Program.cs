using System;
using System.Collections.Generic;
using Bulkhead.Linux;

namespace Bulkhead.CgroupV2;

/// <summary>cgroup-v2 NAME: runs one case on this machine's pure cgroup v2; 0 only when it made checks and all held.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        var cases = new Dictionary<string, Action>(StringComparer.Ordinal);
        LimitCases.AddTo(cases);
        UnifiedCases.AddTo(cases);
        TreeCases.AddTo(cases);
        SpawnCases.AddTo(cases);
        LifecycleCases.AddTo(cases);
        UseCases.AddTo(cases);
        DeviceCases.AddTo(cases);
        UpdateCases.AddTo(cases);
        foreach (string name in CaseNames.All)
        {
            if (!cases.ContainsKey(name))
                return Say(3, $"case {name} is listed and not written");
        }
        if (cases.Count != CaseNames.All.Length)
            return Say(3, $"{cases.Count} cases are written, {CaseNames.All.Length} listed");
        if (arguments is not [string asked] || !cases.TryGetValue(asked, out Action? run))
            return Say(2, "usage: cgroup-v2 CASE");
        try
        {
            run();
        }
        catch (Exception e) when (e is CheckFailedException or StepException or System.IO.IOException)
        {
            return Say(1, "FAILED: " + e);
        }
        finally
        {
            Box.Sweep();
        }
        return Check.Count == 0 ? Say(4, "the case checked nothing") : Say(0, $"{CaseNames.Passed} {asked} {Check.Count}");
    }

    private static int Say(int status, string line)
    {
        Console.WriteLine(line);
        return status;
    }
}
