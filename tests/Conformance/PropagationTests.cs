using System;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;

namespace Bulkhead.Conformance;

/// <summary>Mount propagation as mountinfo shows it inside, and as mounts made after start cross the border, or do not.</summary>
public class PropagationTests(RootFs root) : IClassFixture<RootFs>
{
    private const string MayMount = """{"process":{"capabilities":{"bounding+":["CAP_SYS_ADMIN"],"permitted+":["CAP_SYS_ADMIN"],"effective+":["CAP_SYS_ADMIN"]}}}""";

    private static Bundle Started(Bundle bundle)
    {
        bundle.Save();
        bundle.Detached("run", "-d", "--bundle", bundle.Path, bundle.Id).Ok();
        return bundle;
    }

    private static string Shell(Bundle bundle, string script) => bundle.Run("exec", bundle.Id, "/bin/sh", "-c", script).Ok();

    /// <summary>proc_pid_mountinfo(5): the optional fields of a mount point, without the numbers of the peer groups.</summary>
    private static string Fields(Bundle bundle, string mountPoint)
    {
        string line = Shell(bundle, "cat /proc/self/mountinfo").Split('\n').Last(l => l.Split(' ')[4] == mountPoint);
        return string.Join(' ', line.Split(" - ")[0].Split(' ').Skip(6).Select(field => field.Split(':')[0]));
    }

    /// <param name="options">Of the bind.</param>
    /// <param name="top">What mountinfo says inside of the bind itself; "in" and "out": mounts that cross to the container and to the host.</param>
    /// <param name="below">The same of a mount below the bound folder.</param>
    [Theory]
    [InlineData("rbind", "master in", "master in")]
    [InlineData("rbind,slave", "master in", "master in")]
    [InlineData("rbind,rslave", "master in", "master in")]
    [InlineData("rbind,private", "", "master in")]
    [InlineData("rbind,rprivate", "", "")]
    [InlineData("rbind,shared", "shared in out", "shared in out")]
    [InlineData("rbind,rshared", "shared in out", "shared in out")]
    [InlineData("rbind,unbindable", "unbindable", "master in")]
    [InlineData("rbind,runbindable", "unbindable", "unbindable")]
    public void OfABind(string options, string top, string below)
    {
        using var bundle = new Bundle(root, "sleep 100", MayMount);
        using var folder = new SharedFolder(bundle["shared"]);
        bundle.Config["mounts"]!.AsArray().Add(new JsonObject
        {
            ["destination"] = "/mnt1",
            ["source"] = folder.Path,
            ["options"] = new JsonArray([.. options.Split(',').Select(o => (JsonNode)o)]),
        });
        Started(bundle);
        foreach (string place in (string[])["", "sub/"])
        {
            folder.Mount(place + "late");
            if (root.Instead("PropagationTests.OfABind") is { } error)
                Assert.Contains(error, bundle.Run("exec", bundle.Id, "/bin/mount", "-t", "tmpfs", "inner", $"/mnt1/{place}inner").Fails(), StringComparison.Ordinal);
            else
                Shell(bundle, $"mount -t tmpfs inner /mnt1/{place}inner");
        }
        string MayGoOut(string expected) => root.IsUserKernel ? expected.Replace(" out", "", StringComparison.Ordinal) : expected;
        Assert.Equal(MayGoOut(top), Crossing(bundle, folder, ""));
        Assert.Equal(MayGoOut(below), Crossing(bundle, folder, "sub/"));
    }

    private static string Crossing(Bundle bundle, SharedFolder folder, string place)
    {
        string fields = Fields(bundle, ("/mnt1/" + place).TrimEnd('/'));
        string comesIn = Shell(bundle, $"cat /mnt1/{place}late/file 2>/dev/null; true").Length > 0 ? "in" : "";
        string goesOut = folder.IsMounted(place + "inner") ? "out" : "";
        return string.Join(' ', ((string[])[fields, comesIn, goesOut]).Where(word => word.Length > 0));
    }

    /// <param name="propagation">linux.rootfsPropagation; "" for none.</param>
    /// <param name="expected">What mountinfo says inside of "/"; "in" and "out" as above; "peer": a mount shows in a bind of "/" too.</param>
    [Theory]
    [InlineData("", "master in")]
    [InlineData("slave", "master in")]
    [InlineData("rslave", "master in")]
    [InlineData("private", "")]
    [InlineData("rprivate", "")]
    [InlineData("shared", "shared peer")]
    [InlineData("rshared", "shared peer")]
    [InlineData("unbindable", "unbindable")]
    [InlineData("runbindable", "unbindable")]
    public void OfTheRoot(string propagation, string expected)
    {
        using var bundle = new Bundle(root, "sleep 100", MayMount);
        foreach (string name in (string[])["late", "inner", "again"])
            Directory.CreateDirectory(root.Path + "/" + name);
        string path = Directory.CreateDirectory(bundle["rootfs"]).FullName;
        Command.Run("mount", "--bind", root.Path, path).Ok();
        Command.Run("mount", "--make-shared", path).Ok();
        bundle.Config["root"]!["path"] = path;
        if (propagation.Length > 0)
            bundle.Config["linux"]!["rootfsPropagation"] = propagation;
        Started(bundle);

        Command.Run("mount", "-t", "tmpfs", "of-the-host", path + "/late").Ok();
        string fields = Fields(bundle, "/");
        string comesIn = Shell(bundle, "grep -c ' /late ' /proc/mounts; true") == "1" ? "in" : "";
        string peer = Shell(bundle, "mount --bind / /again 2>/dev/null; mount -t tmpfs inner /inner; grep -c ' /again/inner ' /proc/mounts; true") == "1" ? "peer" : "";
        // What a container mounts in its root never reaches the host (escape E37).
        string goesOut = File.ReadAllText("/proc/self/mountinfo").Contains($" {path}/inner ", StringComparison.Ordinal) ? "out" : "";
        expected = root.Instead("PropagationTests.OfTheRoot") is null ? expected : expected.Replace(" peer", "", StringComparison.Ordinal);
        Assert.Equal(expected, string.Join(' ', ((string[])[fields, comesIn, peer, goesOut]).Where(word => word.Length > 0)));
    }
}
