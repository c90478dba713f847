using System;
using System.Collections.Generic;

namespace Bulkhead.Conformance;

/// <summary>What a test sees of the user kernel that it does not see of the hardened tier.</summary>
/// <param name="Test">Class and method.</param>
/// <param name="Row">The first value of the row; empty: the whole method.</param>
/// <param name="Instead">What it prints there, or a part of the one line by which it is refused.</param>
/// <param name="Reason">As docs/userkernel.md has it.</param>
internal sealed record Difference(string Test, string Row, string Instead, string Reason);

/// <summary>The differences between the tiers, all of them: docs/userkernel.md has the same table.</summary>
internal static class Differences
{
    private const string NoDevices = "devices of the host are not given to guests", Sysctls = "values of /proc/sys are the guests' kernel's own, but for two";
    private const string NumaMaps = "a memory policy is applied to the guests' processes, but their numa_maps is empty", NoNetwork = "guests have the loopback device alone";
    private const string Affinity = "guests run on the CPUs of the sandbox's cgroup", NoMounts = "guests mount nothing";
    private const string OwnNamespaces = "namespaces by path are joined by the kernel's process: guests see names of their own, share the network and IPC of nobody, and the caller is told";
    private const string OwnPids = "a pid namespace of the sandbox's own is needed", Stand = "what stands on the host for an exec is a process of ours";
    private const string Looks = "the guests' kernel looks for the program of exec: the status is 127 or 126, not 255", Count = "the kernel, its template and its threads count too";
    private const string OwnSeccomp = "the filter is run by the guests' kernel and is not on the host; a listener is refused", OneCgroup = "all guests are in the sandbox's cgroup: exec --cgroup is refused";
    private const string Start = "hooks of startContainer are refused: the guests' kernel runs from start on";
    private const string NoNodes = "guests make no device nodes, and memory devices are the kernel's own", OwnDev = "the /dev of guests is the kernel's own, in which nothing can be made";

    public static readonly Dictionary<string, string> OfClasses = new()
    {
        ["SeccompAgentTests"] = OwnSeccomp,
        ["SeccompFlagTests"] = OwnSeccomp,
        ["ExecCgroupTests"] = OneCgroup,
    };

    public static readonly Difference[] Rows =
    [
        new("FieldTests.IsApplied", "devices", "$.linux.devices: /dev/mine", NoDevices),
        new("FieldTests.IsApplied", "device rules", "$.linux.devices: /dev/mem2", NoDevices),
        new("FieldTests.IsApplied", "sysctl", "$.linux.sysctl[\"net.ipv4.ip_forward\"]", Sysctls),
        new("FieldTests.IsApplied", "memoryPolicy", "", NumaMaps),
        new("VerbTests.ExecRunsBesideTheFirstProcess", "", "127", Looks),
        new("VerbTests.EventsShowStatisticsUntilTheEnd", "", "more", Count),
        new("ChannelTests.PidFilesHoldTheHostsPids", "", "bulkhead-kernel\0--attach", Stand),
        new("ChannelTests.RunForwardsSignals", "", "a pid namespace of the sandbox's own", OwnPids),
        new("HookTests.AFailureOfStartContainerStopsTheContainer", "", "$.hooks.startContainer", Start),
        new("JoinTests.TheSecondIsInTheNamespacesOfTheFirst", "", "a pid namespace of the sandbox's own", OwnNamespaces),
        new("JoinTests.APidNamespaceIsForkedInto", "", "a pid namespace of the sandbox's own", OwnPids),
        new("LandlockTests.NoDeviceNodesAndNoRequestsToDevicesOutsideDev", "", "Operation not permitted", NoNodes),
        new("LandlockTests.AbstractSocketsOfTheHostsNetwork", "", "a network namespace of the sandbox's own", NoNetwork),
        new("PropagationTests.OfABind", "", "denied", NoMounts),
        new("PropagationTests.OfTheRoot", "", "", NoMounts),
        new("MountTests.OnlyASlaveSeesLaterMountsAndNoneGoesOut", "", "", NoMounts),
        new("MountOptionTests.AReadOnlyDevHasItsDevices", "", "rw", OwnDev),
        new("FieldTests.ANetDeviceMovesAndIsRenamed", "", "$.linux.netDevices", NoNetwork),
        new("FieldTests.ExecRunsOnItsOwnCpus", "", "$.process.execCPUAffinity", Affinity),
    ];

    public static Difference? Of(string test, string row) => Array.Find(Rows, each => each.Test == test && each.Row == row);
}
