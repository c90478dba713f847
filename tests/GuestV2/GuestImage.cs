namespace Bulkhead.GuestV2;

/// <summary>A root disk of the guest.</summary>
/// <param name="Script">What builds it, in eng/guest.</param>
/// <param name="Disk">The file that it makes in <see cref="Repository.Work"/>.</param>
/// <param name="Cases">The folder of its cases.</param>
/// <param name="Library">Shell files that a case reads first.</param>
/// <param name="Bundle">A jq filter that comes before the case's own.</param>
internal sealed record GuestImage(string Script, string Disk, string Cases, string[] Library, string Bundle)
{
    /// <summary>Busybox alone: runtimes manage cgroups by themselves.</summary>
    public static GuestImage Plain { get; } = new("build.sh", "root.ext4", "cases", ["lib.sh"], ".");

    /// <summary>systemd is pid 1: runtimes ask it for a scope.</summary>
    public static GuestImage Systemd { get; } =
        new("build-systemd.sh", "systemd.ext4", "systemd", ["lib.sh", "systemd.sh"], ".linux.cgroupsPath = \"box-test.slice:bh:c\"");
}
