using System;
using System.IO;
using System.Runtime.Versioning;
using Bulkhead.Linux;

namespace Bulkhead.Isolation.Tests;

/// <summary>A policy file that is broken or not trustworthy starts nothing.</summary>
[SupportedOSPlatform("linux")]
public sealed class PolicyFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bulkhead-policy").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string Path_ => Path.Combine(_folder, "policy.toml");

    private string Failure(string? extra = null) => Assert.Throws<StepException>(() => Policy.Load(Path_, extra)).Message;

    [Theory]
    [InlineData("privileged = \"refuse\"\nprivilegd = \"refuse\"", 2, "unknown key privilegd")]
    [InlineData("[capabilities]\nallow = []", 2, "unknown key capabilities.allow")]
    [InlineData("[capabilitys]\nallowed = []", 1, "unknown table [capabilitys]")]
    [InlineData("[[mounts]]\nrefuse = []", 1, "unknown table [mounts]")]
    [InlineData("privileged = true", 1, "privileged must be allow, refuse")]
    [InlineData("privileged = 1", 1, "privileged must be")]
    [InlineData("privileged = [\"refuse\"]", 1, "privileged must be")]
    [InlineData("privileged = \"deny\"", 1, "privileged is \"deny\"; it can be allow, refuse")]
    [InlineData("privileged = \"tighten\"", 1, "it can be allow, refuse")]
    [InlineData("min_isolation = \"vm\"", 1, "it can be hardened, userkernel, microvm")]
    [InlineData("\n\nrefuse_host_namespaces = [\"net\"]", 3, "holds \"net\"")]
    [InlineData("refuse_host_namespaces = \"pid\"", 1, "must be a list of strings")]
    [InlineData("refuse_host_namespaces = [7]", 1, "must be a list of strings")]
    [InlineData("capabilities.allowed = [\"KILL\"]", 1, "holds \"KILL\"")]
    [InlineData("mounts.refuse = [\"etc\"]", 1, "holds \"etc\"")]
    [InlineData("mounts.refuse = [\"/etc/\"]", 1, "not a clean absolute path")]
    [InlineData("mounts.refuse = [\"/a/../b\"]", 1, "not a clean absolute path")]
    [InlineData("mounts = { refuse = [] }", 1, "unknown key mounts")]
    [InlineData("capabilities.excess = \"refuse\"", 1, "needs capabilities.allowed")]
    [InlineData("privileged = \"refuse\"\nprivileged = \"allow\"", 2, "is not valid TOML")]
    [InlineData("privileged", 1, "is not valid TOML")]
    [InlineData("ok = \"\nx", 1, "is not valid TOML")]
    public void A_broken_file_is_named_with_its_line(string text, int line, string why)
    {
        File.WriteAllText(Path_, text);
        string message = Failure();
        Assert.StartsWith($"{Path_}:{line}: ", message);
        Assert.Contains(why, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        File.WriteAllBytes(Path_, [0x61, 0xff, 0xfe]);
        Assert.Contains("is not valid TOML", Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_empty_file_is_a_policy_without_rules()
    {
        File.WriteAllText(Path_, "# nothing\n");
        Assert.Equal(RuleAction.Refuse, Policy.Load(Path_, null).EngineSockets!.Action);
    }

    [Fact]
    public void A_missing_file_of_the_command_line_is_an_error() =>
        Assert.Equal($"read policy {Path_}: no such file or directory", Failure(extra: Path_));

    [Theory]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_file_that_others_can_write_is_refused(UnixFileMode mode)
    {
        File.WriteAllText(Path_, "");
        File.SetUnixFileMode(Path_, UnixFileMode.UserRead | mode);
        Assert.Contains("can be written by its group or by others", Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_another_user_is_refused()
    {
        File.WriteAllText(Path_, "");
        using var chown = System.Diagnostics.Process.Start("chown", ["1000", Path_]);
        chown.WaitForExit();
        Assert.Equal($"policy {Path_}: belongs to user 1000; it must belong to root", Failure());
    }

    [Fact]
    public void What_is_no_file_is_refused()
    {
        Directory.CreateDirectory(Path_);
        Assert.Contains("is not a regular file", Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_huge_file_is_refused()
    {
        File.WriteAllText(Path_, new string('#', (1 << 20) + 1));
        Assert.Contains("larger than 1 MiB", Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_example_of_the_documentation_is_valid()
    {
        string root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Bulkhead.slnx")))
            root = Path.GetDirectoryName(root)!;
        string text = File.ReadAllText(Path.Combine(root, "docs", "policy.md"));
        string example = text.Split("```toml\n")[1].Split("```")[0];
        File.WriteAllText(Path_, example);
        Policy policy = Policy.Load(Path_, null);
        Assert.Equal(["/etc", "/root", "/boot"], policy.MountsRefused!.Values);
        Assert.Equal(Path_ + ":11", policy.CapabilitiesExcess!.Origin);
    }
}
