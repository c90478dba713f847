using System;
using System.Collections.Generic;
using System.Linq;

namespace Bulkhead.Security;

/// <summary>Every probe of this program, as docs/threat-model.md lists them.</summary>
internal static class ProbeTable
{
    private const string InRoot = "openat2 in the root", Same = "the same", None = "-";

    private const string ByFd = InRoot + ", all work on descriptors";

    /// <summary>Probes with tests of their own; each test has the id as its trait "Probe".</summary>
    public static readonly IReadOnlyList<ProbeRow> Others =
    [
        new("E1.self_exe", "start /proc/self/exe as the container's program (CVE-2019-5736)", "the program that enters is a sealed stub", Same, "none; the runtime's hash is compared", "the program is the guest's own"),
        new("E1.catch", "open the program of an exec for writing (CVE-2019-5736)", None, "the stub is sealed, and enters by itself", "an unsealed program is written", "no program of ours is in its /proc"),
        new("E2.cwd", "make a descriptor of the host the working directory (CVE-2024-21626)", "getcwd after chdir", Same, "as E7.cwd", Same),
        new("E7.cwd", "swap the working directory for such a descriptor", "getcwd after chdir", Same, "chdir by path, unchecked: outside", "the same, then our own walk"),
        new("E30.socket", "connect to a container engine's socket", "policy engine_sockets: create refuses the mount", "nothing is mounted by exec", "the policy allows it: connects", "the same; where the policy allows it: ECONNREFUSED"),
        new("E30.swap", "swap a mount's source for a link to the socket after the policy's look", "what is opened must be the file that was looked at", None, "the policy allows it: connects", "as E30.socket"),
        new("E31.abstract", "connect to a socket of the runtime without a path, in the host's network (CVE-2020-15257)", "there is none; the monitor's has a path, in a folder of mode 0700", Same, "an abstract socket of the host is seen", "none of the host's is seen"),
        new("E34.tiocsti", "put input into the caller's terminal", "a session of its own; its own pty", Same, "with CAP_SYS_ADMIN: open; in the caller's session: open, or dev.tty.legacy_tiocsti", "ENOTTY"),
        new("E35.preload", "a library of the image in a process of the host (CVE-2025-23266)", "hooks: exact environment, \"/\" as directory; the runtime is static", Same, "a hook with the variable, or in the root: loaded", Same),
        new("E39.egress", "reach the metadata address, the kubelet, the host's loopback", "`bulkhead run`: a network namespace without interfaces", Same, "--network host: the host's loopback answers", "loopback is its own, in the host's network too"),
        new("E41.log_directory", "a link in a log directory of the host", "nothing writable of the host's is mounted", Same, "a volume is seen", Same),
        new("E43.futex_requeue", "futex requeue, an everyday call that has had bugs", "nothing: residual", Same, "none", "the gate wakes instead: the host sees no requeue"),
    ];

    public static IEnumerable<ProbeRow> All => Doors.All.Select(Row).Concat(HostileImages.All.Select(Row)).Concat(Races.All.Select(Row))
        .Concat(Limits.All.Select(Row)).Concat(Others).OrderBy(r => Number(r.Id)).ThenBy(r => r.Id, StringComparer.Ordinal);

    private static int Number(string id) => int.Parse(id[1..id.IndexOf('.', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture);

    private static ProbeRow Row(Door door)
    {
        string layers = door.Layers == Layers.None ? $"the kernel: {door.Kernel}" : string.Join(", ", door.EachLayer.Select(LayerNames.Of));
        string kernel = door.Kernel.Length == 0 ? "open" : $"open, or the kernel: {door.Kernel}";
        string exec = door.AlwaysInExec == Layers.None ? Same : $"{Same}; always the {LayerNames.Of(door.AlwaysInExec)}";
        return new ProbeRow(door.Id, Cve(door.Title, door.Cve), layers, exec, door.Layers == Layers.None ? Same : kernel, UserKernelDoors.Verdict(door.Id));
    }

    private static ProbeRow Row(HostileImage image)
    {
        bool refused = image.Refusal.Length > 0;
        return new ProbeRow(image.Id, Cve(image.Title, image.Cve), InRoot + (refused ? ": create refuses" : ": all lands inside"), refused ? "no container" : Same,
            refused ? "without the link it runs" : "the host follows the link out", image.UserKernelRefusal.Length > 0 ? "refused by name" : Same);
    }

    private static ProbeRow Row(Race race) => new(race.Id, Cve(race.Title, "CVE-2021-30465"), ByFd, None, "a mount by path lands outside", Same);

    private static ProbeRow Row(Limit limit) => new(limit.Id, limit.Title, limit.Layer, Same, "without it: the probe's own bound", Same);

    private static string Cve(string title, string cve) => cve.Length == 0 ? title : $"{title} ({cve})";
}
