using System.IO;
using System.Linq;
using System.Text.Json.Nodes;

namespace Bulkhead.Conformance;

/// <summary>The options of mounts, each by what the kernel says inside; paths of mounts.</summary>
public class MountOptionTests(RootFs root) : IClassFixture<RootFs>
{
    private static void Add(Bundle bundle, string destination, string? type, string source, string options)
    {
        var mount = new JsonObject
        {
            ["destination"] = destination,
            ["source"] = source,
            ["options"] = new JsonArray([.. options.Split(',').Select(o => (JsonNode)o)]),
        };
        if (type is not null)
            mount["type"] = type;
        bundle.Config["mounts"]!.AsArray().Add(mount);
        bundle.Save();
    }

    [Theory]
    [InlineData("defaults", "rw,relatime")]
    [InlineData("ro", "ro,relatime")]
    [InlineData("ro,rw", "rw,relatime")]
    [InlineData("rro", "ro,relatime")]
    [InlineData("rro,rrw", "rw,relatime")]
    [InlineData("nosuid", "rw,nosuid,relatime")]
    [InlineData("nosuid,suid", "rw,relatime")]
    [InlineData("nodev", "rw,nodev,relatime")]
    [InlineData("nodev,dev", "rw,relatime")]
    [InlineData("noexec", "rw,noexec,relatime")]
    [InlineData("noexec,exec", "rw,relatime")]
    [InlineData("sync", "rw,sync,relatime")]
    [InlineData("sync,async", "rw,relatime")]
    [InlineData("dirsync", "rw,dirsync,relatime")]
    [InlineData("lazytime", "rw,lazytime,relatime")]
    [InlineData("lazytime,nolazytime", "rw,relatime")]
    [InlineData("mand", "rw,mand,relatime")]
    [InlineData("mand,nomand", "rw,relatime")]
    [InlineData("noatime", "rw,noatime")]
    [InlineData("noatime,atime", "rw,relatime")]
    [InlineData("nodiratime", "rw,nodiratime,relatime")]
    [InlineData("nodiratime,diratime", "rw,relatime")]
    [InlineData("strictatime", "rw")]
    [InlineData("strictatime,nostrictatime", "rw,relatime")]
    [InlineData("noatime,relatime", "rw,relatime")]
    [InlineData("relatime,norelatime", "rw,relatime")]
    [InlineData("nosymfollow", "rw,relatime,nosymfollow")]
    [InlineData("nosymfollow,symfollow", "rw,relatime")]
    [InlineData("silent,loud,noiversion", "rw,relatime")]
    [InlineData("size=64k,mode=700", "rw,relatime,size=64k,mode=700")]
    public void OfAFileSystem(string options, string expected)
    {
        using var bundle = new Bundle(root, "grep ' /t ' /proc/mounts | cut -d' ' -f4");
        Add(bundle, "/t", "tmpfs", "tmpfs", options);
        Assert.Equal(expected, bundle.RunToEnd().Ok());
    }

    /// <summary>The r forms reach what is mounted below the bound folder too; the plain ones do not.</summary>
    [Theory]
    [InlineData("nosuid", "nosuid", 1)]
    [InlineData("rnosuid", "nosuid", 2)]
    [InlineData("rnosuid,rsuid", "nosuid", 0)]
    [InlineData("rnodev", "nodev", 2)]
    [InlineData("rnodev,rdev", "nodev", 0)]
    [InlineData("rnoexec", "noexec", 2)]
    [InlineData("rnoexec,rexec", "noexec", 0)]
    [InlineData("noatime", "noatime", 1)]
    [InlineData("rnoatime", "noatime", 2)]
    [InlineData("rnoatime,ratime", "noatime", 0)]
    [InlineData("rnodiratime", "nodiratime", 2)]
    [InlineData("rnodiratime,rdiratime", "nodiratime", 0)]
    [InlineData("rrelatime", "relatime", 2)]
    [InlineData("rstrictatime", "relatime", 0)]
    [InlineData("rstrictatime,rnostrictatime", "relatime", 2)]
    [InlineData("rnoatime,rnorelatime", "noatime", 2)]
    [InlineData("rnosymfollow", "nosymfollow", 2)]
    [InlineData("rnosymfollow,rsymfollow", "nosymfollow", 0)]
    [InlineData("rro", "ro", 2)]
    [InlineData("rro,rrw", "ro", 0)]
    public void OfABindAndWhatIsBelow(string options, string attribute, int mounts)
    {
        using var bundle = new Bundle(root, $"cut -d' ' -f2,4 /proc/mounts | grep '^/mnt1' | sed 's/ /,/;s/$/,/' | grep -c ',{attribute},'; true");
        using var folder = new SharedFolder(bundle["shared"]);
        Add(bundle, "/mnt1", null, folder.Path, "rbind," + options);
        Assert.Equal($"{mounts}", bundle.RunToEnd().Ok());
    }

    [Fact]
    public void RemountChangesTheMountThatIsThere()
    {
        using var bundle = new Bundle(root, "grep ' /t ' /proc/mounts; cat /t/file");
        File.WriteAllText(bundle["file"], "kept");
        Add(bundle, "/t", null, bundle.Path, "bind,nosuid");
        Add(bundle, "/t", null, "", "remount,ro,nodev");
        string[] lines = bundle.RunToEnd().Ok().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Contains(" ro,nosuid,nodev,", lines[0], System.StringComparison.Ordinal);
        Assert.Equal("kept", lines[1]);
    }

    [Fact]
    public void AReadOnlyDevHasItsDevices()
    {
        using var bundle = new Bundle(root, "touch /dev/x 2>&1; echo to >/dev/null && ls /dev/pts/ptmx; grep ' /dev ' /proc/mounts | cut -d' ' -f4 | cut -c1-2");
        JsonNode dev = bundle.Config["mounts"]!.AsArray().Single(m => (string)m!["destination"]! == "/dev")!;
        dev["options"]!.AsArray().Add("ro");
        bundle.Save();
        Assert.Equal("touch: /dev/x: Read-only file system\n/dev/pts/ptmx\n" + (root.Instead("MountOptionTests.AReadOnlyDevHasItsDevices") ?? "ro"), bundle.RunToEnd().Ok());
    }

    [Fact]
    public void RelativePathsStartAtTheRootAndAtTheBundle()
    {
        using var bundle = new Bundle(root, "cat /a/b/file");
        Directory.CreateDirectory(bundle["of-the-bundle"]);
        File.WriteAllText(bundle["of-the-bundle/file"], "found");
        Add(bundle, "a/x/../b", null, "of-the-bundle", "bind");
        Assert.Equal("found", bundle.RunToEnd().Ok());
    }
}
