using System;
using System.IO;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;

namespace Bulkhead.Conformance;

/// <summary>Binds of a host folder that has a mount of its own below: which attributes, ids and later mounts go which way.</summary>
public class MountTests(RootFs root) : IClassFixture<RootFs>
{
    private const string UserNamespace = """{"linux":{"namespaces+":[{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}""";

    private static void Bind(Bundle bundle, string source, string options, string more = "{}", string destination = "/mnt1")
    {
        JsonObject mount = JsonNode.Parse(more)!.AsObject();
        mount["destination"] = destination;
        mount["source"] = source;
        mount["options"] = new JsonArray([.. Array.ConvertAll(options.Split(','), o => (JsonNode)o)]);
        bundle.Config["mounts"]!.AsArray().Add(mount);
        bundle.Save();
    }

    [Theory]
    [InlineData("rbind", "touch /mnt1/x /mnt1/sub/x && echo both", "both")]
    [InlineData("bind", "ls /mnt1/sub | wc -l", "0")]
    [InlineData("rbind", "cat /mnt1/sub/file", "sub")]
    [InlineData("rbind,ro", "touch /mnt1/x 2>/dev/null || echo outer; touch /mnt1/sub/x 2>/dev/null || echo inner", "outer")]
    [InlineData("rbind,rro", "touch /mnt1/x 2>/dev/null || echo outer; touch /mnt1/sub/x 2>/dev/null || echo inner", "outer\ninner")]
    [InlineData("rbind,nosuid,nodev,noexec", "grep -c ' /mnt1 .*nosuid,nodev,noexec' /proc/mounts; grep -c ' /mnt1/sub .*nosuid' /proc/mounts", "1\n0")]
    [InlineData("rbind,rnosuid", "grep -c ' /mnt1.* .*nosuid' /proc/mounts", "2")]
    public void AttributesOfABind(string options, string script, string expected)
    {
        using var bundle = new Bundle(root, script);
        using var folder = new SharedFolder(bundle["shared"]);
        Bind(bundle, folder.Path, options);
        Assert.Equal(expected, bundle.RunToEnd().Out.TrimEnd('\n'));
    }

    [Theory]
    [InlineData("rbind,rprivate", "")]
    [InlineData("rbind,rslave", "late")]
    public void OnlyASlaveSeesLaterMountsAndNoneGoesOut(string options, string seen)
    {
        using var bundle = new Bundle(root, "sleep 100", """{"process":{"capabilities":{"bounding+":["CAP_SYS_ADMIN"],"permitted+":["CAP_SYS_ADMIN"],"effective+":["CAP_SYS_ADMIN"]}}}""");
        using var folder = new SharedFolder(bundle["shared"]);
        Bind(bundle, folder.Path, options);
        bundle.Detached("run", "-d", "--bundle", bundle.Path, bundle.Id).Ok();
        folder.Mount("late");
        Assert.Equal(seen, bundle.Run("exec", bundle.Id, "/bin/sh", "-c", "cat /mnt1/late/file 2>/dev/null; true").Ok());
        if (root.Instead("MountTests.OnlyASlaveSeesLaterMountsAndNoneGoesOut") is null)
            Assert.Equal("1", bundle.Run("exec", bundle.Id, "/bin/sh", "-c", "mount -t tmpfs inner /mnt1/inner && grep -c ' /mnt1/inner ' /proc/mounts").Ok());
        Assert.False(folder.IsMounted("inner"));
    }

    [Fact]
    public void AMountHasIdsOfItsOwn()
    {
        using var bundle = new Bundle(root, "stat -c '%u %g' /mnt1/file /mnt1/other");
        Directory.CreateDirectory(bundle["ids"]);
        foreach (string name in (string[])["file", "other"])
            File.WriteAllText(bundle["ids/" + name], "");
        Command.Run("chown", "1000:1001", bundle["ids/file"]).Ok();
        Bind(bundle, bundle["ids"], "bind", """{"uidMappings":[{"containerID":1000,"hostID":5000,"size":10}],"gidMappings":[{"containerID":1001,"hostID":6000,"size":10}]}""");
        // What the mapping does not name belongs to nobody.
        Assert.Equal("5000 6000\n65534 65534", bundle.RunToEnd().Ok());
    }

    [Theory]
    [InlineData("bind", "65534 65534")]
    [InlineData("bind,idmap", "7 8")]
    [InlineData("rbind,ridmap", "7 8")]
    public void IdmapTakesTheContainersMappings(string options, string expected)
    {
        // The namespace's root may make nothing in this root file system: a folder that is there.
        using var bundle = new Bundle(root, "stat -c '%u %g' /var/file", UserNamespace);
        Directory.CreateDirectory(bundle["ids"]);
        File.WriteAllText(bundle["ids/file"], "");
        Command.Run("chown", "7:8", bundle["ids/file"]).Ok();
        Bind(bundle, bundle["ids"], options, destination: "/var");
        Assert.Equal(expected, bundle.RunToEnd().Ok());
    }
}
