using System;
using System.IO;
using System.Linq;
using Bulkhead.TestSupport;

namespace Bulkhead.UserKernels;

/// <summary>
/// Programs print on our kernel what they print on the host's: each script runs on both tiers. Its name says which root it needs (NAME.busybox,
/// NAME.debian ...), a first line "# run: FLAGS" how it is run.
/// </summary>
public sealed class ProgramTests
{
    private const string Flags = "# run: ";

    private static readonly TimeSpan s_most = TimeSpan.FromMinutes(15);

    public static TheoryData<string> Scripts => In("");

    /// <summary>What takes minutes, or a root file system that is only made for it.</summary>
    public static TheoryData<string> LongScripts => In("Long");

    private static string Folder => Repository.Root + "/tests/UserKernel/Programs";

    [Theory]
    [MemberData(nameof(Scripts))]
    public void APrintsTheSameOnBoth(string script) => Compare(script);

    [Theory]
    [Trait("Speed", "Long")]
    [MemberData(nameof(LongScripts))]
    public void ALongOneToo(string script) => Compare("Long/" + script);

    /// <summary>Our own runtime: a static program of .NET.</summary>
    [Fact]
    public void AStaticProgramOfDotnetRuns()
    {
        using var person = new Person();
        string folder = person.Make("programs");
        Command.Run("chmod", "755", folder).Ok();
        File.Copy(Path.Combine(Path.GetDirectoryName(Person.Program)!, "bulkhead-oci"), folder + "/bulkhead-oci");
        string[] words = ["-v", folder + ":/programs:ro", "--rootfs", Roots.Busybox, "/bin/sh", "-c", "/programs/bulkhead-oci --version; /programs/bulkhead-oci features | sha256sum; /programs/bulkhead-oci state none 2>&1; echo $?"];
        Outcome native = person.Run("hardened", words);
        Assert.Contains("spec", native.Ok(), StringComparison.Ordinal);
        Assert.Equal(native.Out, person.Run("userkernel", words).Out);
    }

    private static TheoryData<string> In(string folder) => [.. Directory.GetFiles(Path.Combine(Folder, folder)).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    private static void Compare(string script)
    {
        using var person = new Person();
        string text = File.ReadAllText(Path.Combine(Folder, script)), first = text.Split('\n')[0];
        string[] flags = first.StartsWith(Flags, StringComparison.Ordinal) ? first[Flags.Length..].Split(' ') : [];
        (string root, string shell) = Path.GetExtension(script) switch
        {
            ".busybox" => (Roots.Busybox, "/bin/sh"),
            ".debian" => (Roots.Debian, "/bin/bash"),
            ".workloads" => (Roots.Workloads, "/bin/bash"),
            ".languages" => (Roots.Languages, "/bin/bash"),
            var other => throw new ArgumentException("no root file system " + other),
        };
        string[] words = ["--tmpfs", "/tmp:exec", .. flags, "--rootfs", root, shell, "-c", text];
        Outcome native = person.RunLong(s_most, "hardened", words), ours = person.RunLong(s_most, "userkernel", words);
        Assert.NotEqual("", native.Out);
        Assert.Equal(0, native.ExitCode);
        Assert.Equal(native.Out, ours.Out);
        Assert.Equal(native.Err, ours.Err);
        Assert.Equal(0, ours.ExitCode);
    }
}
