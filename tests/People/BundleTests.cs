using System;
using System.IO;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;

namespace Bulkhead.People;

/// <summary>run --bundle with the configuration that `bulkhead-oci spec` writes, which is runc's: root, capabilities, a terminal.</summary>
public sealed class BundleTests
{
    [Fact]
    public void WhatTheProgramNeedsIsTaken()
    {
        using var person = new Person();
        string bundle = Make(person, config =>
        {
            config["process"]!["args"] = new JsonArray("/bin/sh", "-c", "echo $A $B; pwd; id -u; id -g; hostname; cat /sys/fs/cgroup/pids/pids.max 2>/dev/null || cat /sys/fs/cgroup/pids.max");
            config["process"]!["env"] = new JsonArray("A=1", "B=2", "PATH=/bin");
            config["process"]!["cwd"] = "/tmp";
            config["process"]!["user"] = new JsonObject { ["uid"] = 7, ["gid"] = 8 };
            config["hostname"] = "box";
            config["linux"]!["resources"]!["pids"] = new JsonObject { ["limit"] = 33 };
        });
        Assert.Equal("1 3\n/tmp\n7\n8\nbox\n33", person.Type("run", "--rm", "--bundle", bundle, "-e", "B=3").Ok());
        Assert.Equal("7 /etc", person.Type("run", "--rm", "--bundle", bundle, "-w", "/etc", "/bin/sh", "-c", "echo $(id -u) $(pwd)").Ok());
    }

    [Theory]
    [InlineData("", "65532 0000000000000000 ro", 1)]
    [InlineData("--as-root", "0 00000000000005fb ro", 1)]
    [InlineData("--writable", "65532 0000000000000000 rw", 1)]
    [InlineData("--cap-add AUDIT_WRITE", "65532 0000000020000000 ro", 0)]
    public void WishesNeedTheirFlags(string flags, string inside, int auditLines)
    {
        using var person = new Person();
        string bundle = Make(person, config => config["root"]!["readonly"] = false);
        const string Script = "echo $(id -u) $(grep CapEff /proc/self/status | cut -f 2) $(grep ' / / ' /proc/self/mountinfo | cut -d ' ' -f 6 | cut -d , -f 1)";
        Outcome outcome = person.Type(["run", "--rm", "--bundle", bundle, .. flags.Split(' ', StringSplitOptions.RemoveEmptyEntries), "/bin/sh", "-c", Script]);
        Assert.Equal(inside, outcome.Ok());
        string[] lines = Array.FindAll(outcome.Err.Split('\n'), line => line.Contains("not taken", StringComparison.Ordinal));
        Assert.Equal(auditLines, Array.FindAll(lines, line => line.Contains("--cap-add AUDIT_WRITE", StringComparison.Ordinal)).Length);
        foreach (string flag in new[] { "--as-root", "--writable" })
            Assert.Equal(!flags.Contains(flag, StringComparison.Ordinal), Array.Exists(lines, line => line.Contains($"({flag} allows it)", StringComparison.Ordinal)));
    }

    [Fact]
    public void EachWishIsALine()
    {
        using var person = new Person();
        string bundle = Make(person, config =>
        {
            config.AsObject().Remove("hostname");
            config["hooks"] = new JsonObject { ["prestart"] = new JsonArray(new JsonObject { ["path"] = "/bin/touch", ["args"] = new JsonArray("touch", person.Data + "/hooked") }) };
            config["linux"]!["namespaces"] = new JsonArray(new JsonObject { ["type"] = "mount" });
            config["linux"]!["devices"] = new JsonArray(new JsonObject { ["path"] = "/dev/fuse", ["type"] = "c", ["major"] = 10, ["minor"] = 229 });
            config["linux"]!["seccomp"] = new JsonObject { ["defaultAction"] = "SCMP_ACT_ALLOW" };
            config["linux"]!["maskedPaths"] = new JsonArray();
            config["mounts"]!.AsArray().Add(new JsonObject { ["destination"] = "/host\u001b", ["type"] = "bind", ["source"] = "/", ["options"] = new JsonArray("rbind") });
        });
        Outcome outcome = person.Type("run", "--rm", "--bundle", bundle, "/bin/sh", "-c", "ls /host; ls /dev/fuse; grep Seccomp: /proc/self/status | cut -f 2; ls /sys/class/net; echo $$");
        Assert.Equal("2\nlo\n1", outcome.Ok());
        foreach (string what in new[] { "hooks", "a network", "a pid namespace", "an ipc namespace", "a uts namespace", "the device /dev/fuse", "a seccomp profile", "the mount at /host?:" })
            Assert.Contains("bundle asks for " + what.Replace("an ipc", "a ipc", StringComparison.Ordinal), outcome.Err, StringComparison.Ordinal);
        Assert.False(File.Exists(person.Data + "/hooked"));
    }

    [Theory]
    [InlineData("{", "config.json")]
    [InlineData("{}", "ociVersion")]
    [InlineData(null, "config.json")]
    public void OneThatIsNone(string? text, string said)
    {
        using var person = new Person();
        string bundle = Directory.CreateDirectory(person.Data + "/bundle").FullName;
        if (text is not null)
            File.WriteAllText(bundle + "/config.json", text);
        Assert.Contains(said, person.Type("run", "--rm", "--bundle", bundle, "/bin/true").Exits(125), StringComparison.Ordinal);
        Assert.Contains("exclude", person.Type("run", "--rm", "--bundle", bundle, "--rootfs", SharedRoot.Path, "/bin/true").Exits(125), StringComparison.Ordinal);
    }

    private static string Make(Person person, Action<JsonNode> change)
    {
        string bundle = Directory.CreateDirectory(person.Data + "/bundle").FullName;
        Command.Run(Repository.Runtime, "spec", "--bundle", bundle).Ok();
        JsonNode config = JsonNode.Parse(File.ReadAllText(bundle + "/config.json"))!;
        config["root"]!["path"] = SharedRoot.Path;
        change(config);
        File.WriteAllText(bundle + "/config.json", config.ToJsonString());
        return bundle;
    }
}
