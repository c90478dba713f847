using System;
using System.IO;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;

namespace Bulkhead.Rootless;

/// <summary>bulkhead-oci with what `runc spec --rootless` writes.</summary>
public sealed class OciTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ALifeFromCreateToDelete(bool helpers)
    {
        using var person = new Person(helpers);
        string bundle = Bundle(person, "sleep 1000", _ => { });
        // Its program keeps the caller's streams.
        person.Does("sh", "-c", $"{PlainUser.Programs}/bulkhead-oci create --bundle {bundle} one >/dev/null 2>&1").Ok();
        Assert.Equal("created", Status(person));
        person.Oci("start", "one").Ok();
        Assert.Equal("running", Status(person));
        Assert.Equal("uid=0(root) gid=0(root)", person.Oci("exec", "one", "id").Ok());
        Assert.Contains("sleep 1000", person.Oci("ps", "one").Ok(), StringComparison.Ordinal);
        Assert.StartsWith("pause needs a cgroup", person.Oci("pause", "one").Fails(), StringComparison.Ordinal);
        Assert.StartsWith("stats needs a cgroup", person.Oci("events", "--stats", "one").Fails(), StringComparison.Ordinal);
        person.Oci("kill", "--all", "one", "KILL").Ok();
        Poll.Until("its end", () => Status(person) == "stopped");
        person.Oci("delete", "one").Ok();
        Assert.Equal("", person.Oci("list", "-q").Ok());
    }

    [Fact]
    public void ItsRootHasNothingOfTheHosts()
    {
        using var person = new Person();
        string bundle = Bundle(person, "cat /proc/self/uid_map; grep CapEff /proc/self/status; cat /etc/shadow; mount -t tmpfs none /tmp && echo mounted", _ => { });
        Outcome outcome = person.Oci("run", "--bundle", bundle, "one");
        Assert.Matches($"^ +0 +{PlainUser.Uid} +1\n", outcome.Out);
        Assert.Contains("CapEff:\t0000000020000420", outcome.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("mounted", outcome.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resources", "{\"memory\":{\"limit\":67108864}}", "$.linux.resources.memory needs a cgroup")]
    [InlineData("resources", "{\"pids\":{\"limit\":10}}", "$.linux.resources.pids needs a cgroup")]
    [InlineData("resources", "{\"cpu\":{\"shares\":512}}", "$.linux.resources.cpu needs a cgroup")]
    [InlineData("uidMappings", "[{\"containerID\":0,\"hostID\":0,\"size\":1}]", "uid_map")]
    [InlineData("namespaces", "[{\"type\":\"mount\"},{\"type\":\"uts\"},{\"type\":\"user\"}]", "without a cgroup the end of a pid namespace of its own must end the container's processes")]
    [InlineData("namespaces", "[{\"type\":\"mount\"},{\"type\":\"uts\"},{\"type\":\"pid\"}]", "$.linux.uidMappings: needs {\"type\": \"user\"}")]
    public void WhatCannotBeIsRefusedByItsName(string key, string value, string said)
    {
        using var person = new Person();
        string bundle = Bundle(person, "true", config => config["linux"]![key] = JsonNode.Parse(value));
        Outcome outcome = person.Oci("run", "--bundle", bundle, "one");
        Assert.Contains(said, outcome.Fails(), StringComparison.Ordinal);
        Assert.Single(outcome.Err.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal("", person.Oci("list", "-q").Ok());
    }

    private static string Status(Person person) => JsonDocument.Parse(person.Oci("state", "one").Ok()).RootElement.GetProperty("status").GetString()!;

    private static string Bundle(Person person, string script, Action<JsonNode> change)
    {
        string bundle = person.Folder("bundle");
        person.Does("sh", "-c", $"cd {bundle} && {PlainUser.Programs}/bulkhead-oci spec --rootless").Ok();
        JsonNode config = JsonNode.Parse(File.ReadAllText(bundle + "/config.json"))!;
        config["root"]!["path"] = PlainUser.Root;
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = new JsonArray("/bin/sh", "-c", script);
        change(config);
        File.WriteAllText(bundle + "/config.json", config.ToJsonString());
        return bundle;
    }
}
