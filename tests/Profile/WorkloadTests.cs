using System;
using System.IO;
using System.Linq;
using Bulkhead.TestSupport;

namespace Bulkhead.Profile;

/// <summary>The recorded workloads inside `bulkhead run` with its defaults: no user rights, read-only root, filter, landlock.</summary>
public sealed class WorkloadTests
{
    private static readonly Lazy<string> s_debian = new(() =>
        Command.Run(Repository.Root + "/eng/make-rootfs.sh", "workloads").Ok().Trim());

    public static string[] Names { get; } = Directory.GetFiles(Repository.Root + "/tests/Profile/Workloads").Select(file => Path.GetFileNameWithoutExtension(file)!).ToArray();

    public static TheoryData<string> Debian => [.. Names.Where(name => name != "busybox")];

    private static string Script(string name) => File.ReadAllText($"{Repository.Root}/tests/Profile/Workloads/{name}.sh");

    [Fact]
    public void Busybox()
    {
        using var run = new Run();
        Assert.EndsWith("\nOK", run.Shell(Script("busybox")).Ok(), StringComparison.Ordinal);
        // A filter is there at all, and it is the one that was meant.
        Assert.Contains("Operation not permitted", run.Shell("unshare -U true").Err, StringComparison.Ordinal);
        Outcome open = run.Shell("unshare -U true", "--security-opt", "seccomp=unconfined");
        Assert.Equal(0, open.ExitCode);
        Assert.DoesNotContain("not permitted", open.Err, StringComparison.Ordinal);
    }

    /// <summary>What says "Root only" runs as the container's root, apt with a writable root too.</summary>
    [Theory]
    [Trait("Speed", "Long")]
    [MemberData(nameof(Debian))]
    public void Programs_of_Debian(string name)
    {
        using var run = new Run { RootFileSystem = s_debian.Value };
        string[] flags = !Script(name).StartsWith("# Root only", StringComparison.Ordinal) ? [] : name == "apt" ? ["--as-root", "--writable"] : ["--as-root"];
        Outcome outcome = run.Shell(Script(name), flags);
        Assert.True(outcome.ExitCode == 0 && outcome.Out.EndsWith("OK\n", StringComparison.Ordinal), outcome.ToString() + outcome.Err);
    }
}
