using System;
using System.IO;
using System.Text.Json.Nodes;

namespace Bulkhead.Conformance;

/// <summary>What is not applied is refused by the name of its field, in one line, with nothing left; what is for other systems is skipped.</summary>
public class RefusalTests(RootFs root) : IClassFixture<RootFs>
{
    [Theory]
    [InlineData("""{"linux":{"intelRdt":{"closID":"a"}}}""", "$.linux.intelRdt")]
    [InlineData("""{"ociVersion":"2.0.0"}""", "$.ociVersion")]
    [InlineData("""{"ociVersion":""}""", "$.ociVersion")]
    [InlineData("""{"linux":{"personality":{"domain":"LINUX","flags":["ADDR_NO_RANDOMIZE"]}}}""", "$.linux.personality.flags")]
    [InlineData("""{"process":{"scheduler":{"policy":"SCHED_ISO"}}}""", "$.process.scheduler.policy")]
    [InlineData("""{"mounts+":[{"destination":"/t","source":"/tmp","options":["rbind","copy-symlink"]}]}""", "copy-symlink")]
    [InlineData("""{"mounts+":[{"destination":"/t","source":"/tmp","options":["rbind","src-nofollow"]}]}""", "src-nofollow")]
    [InlineData("""{"mounts+":[{"destination":"/t","source":"/tmp","options":["rbind","dest-nofollow"]}]}""", "dest-nofollow")]
    [InlineData("""{"mounts+":[{"destination":"/t","source":"/tmp","options":["rbind","idmap=uids=0-1-1"]}]}""", "idmap=")]
    [InlineData("""{"mounts+":[{"destination":"/t","type":"proc","options":["tmpcopyup"]}]}""", "tmpcopyup")]
    [InlineData("""{"mounts+":[{"destination":"/proc","options":["remount","hidepid=2"]}]}""", "remount")]
    [InlineData("""{"annotations":{"dev.bulkhead.isolation":"microvm"}}""", "microvm")]
    public void ByName(string patch, string word)
    {
        using var bundle = new Bundle(root, "true", patch);
        string error = bundle.Create().Exits(1);
        Assert.Contains(word, error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.Contains("does not exist", bundle.Run("state", bundle.Id).Exits(1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x\nlevel=info msg=\"all is well\"", """x\x0alevel=info""")]
    [InlineData("x\u001b[2J", """x\x1b[2J""")]
    [InlineData("x\u009b2J", """x\x9b2J""")]
    public void AQuotedValueCannotForgeALineNorReachTheTerminal(string value, string shown)
    {
        using var bundle = new Bundle(root, "true");
        bundle.Config["linux"]!["rootfsPropagation"] = value;
        bundle.Save();
        string error = bundle.Create().Exits(1);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
        Assert.Contains(shown, error, StringComparison.Ordinal);
        Assert.DoesNotContain(error.TrimEnd('\n'), char.IsControl);
    }

    [Fact]
    public void SectionsOfOtherSystemsAreSkipped()
    {
        using var bundle = new Bundle(root, "echo runs");
        foreach (string system in (string[])["windows", "solaris", "vm", "zos", "freebsd"])
            bundle.Config[system] = new JsonObject { ["anything"] = new JsonArray(1, 2) };
        bundle.Save();
        Assert.Equal("runs", bundle.RunToEnd().Ok());
        Assert.Contains("windows", File.ReadAllText(bundle.ConfigFile), StringComparison.Ordinal);
    }
}
