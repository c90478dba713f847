using System.IO;
using System.Linq;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>Programs print on our kernel what they print on the host's: each script runs on both tiers.</summary>
public sealed class ProgramTests
{
    /// <summary>The scripts of Programs/, by the root that they need: NAME.busybox, NAME.debian, NAME.workloads.</summary>
    public static TheoryData<string> Scripts => [.. Directory.GetFiles(Folder).Select(file => Path.GetFileName(file)!).Order(System.StringComparer.Ordinal)];

    private static string Folder => Repository.Root + "/tests/UserKernel/Programs";

    [Theory]
    [MemberData(nameof(Scripts))]
    public void APrintsTheSameOnBoth(string script)
    {
        using var person = new Person();
        string text = File.ReadAllText(Path.Combine(Folder, script));
        (string root, string shell) = Path.GetExtension(script) switch
        {
            ".busybox" => (Roots.Busybox, "/bin/sh"),
            ".debian" => (Roots.Debian, "/bin/bash"),
            _ => (Roots.Workloads, "/bin/bash"),
        };
        Outcome native = person.Run("hardened", "--tmpfs", "/tmp:exec", "--rootfs", root, shell, "-c", text);
        Outcome ours = person.Run("userkernel", "--tmpfs", "/tmp:exec", "--rootfs", root, shell, "-c", text);
        Assert.NotEqual("", native.Out);
        Assert.Equal(0, native.ExitCode);
        Assert.Equal(native.Out, ours.Out);
        Assert.Equal(native.Err, ours.Err);
        Assert.Equal(0, ours.ExitCode);
    }
}
