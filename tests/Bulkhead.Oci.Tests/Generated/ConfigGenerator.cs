using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bulkhead.Oci.Tests.Oracle;

namespace Bulkhead.Oci.Tests.Generated;

/// <summary>Configs made of good sections with up to two changes, the same for the same seed and number.</summary>
internal static class ConfigGenerator
{
    /// <summary>$BULKHEAD_GENERATED_SEED gives other configs; config N of seed S is config 0 of seed S + N.</summary>
    public static readonly int Seed = Environment.GetEnvironmentVariable("BULKHEAD_GENERATED_SEED") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : 20261;

    // Raw JSON: whatever a field does not expect, the edges of every number, and words that mean something elsewhere.
    private static readonly string[] s_values =
    [
        "null", "true", "false", "0", "1", "-1", "7", "1000", "65536", "4294967295", "4294967296", "9223372036854775807", "-9223372036854775808",
        "18446744073709551615", "18446744073709551616", "1.5", "1e3", "\"\"", "\"a\"", "\"/\"", "\"/tmp\"", "\"../x\"", "\"a\\u0000b\"", "\"é\\ud83d\\ude00\"",
        "[]", "{}", "[null]", "[\"\"]", "[{}]", "[[]]", "{\"a\":\"b\"}", "\"pid\"", "\"mount\"", "\"user\"", "\"cgroup\"", "\"CAP_SYS_ADMIN\"", "\"CAP_KILL\"",
        "\"RLIMIT_CORE\"", "\"tmpfs\"", "\"bind\"", "\"ro\"", "\"rshared\"", "\"size=1m\"", "[\"ro\",\"nosuid\"]", "[\"bind\"]", "[\"rbind\",\"rslave\"]", "[\"size=1m\"]",
        "\"SCMP_ACT_ERRNO\"", "\"SCMP_CMP_MASKED_EQ\"", "\"SCMP_ARCH_X86\"", "\"getpid\"", "\"rwm\"", "\"c\"", "\"b\"", "\"1.0.0\"", "\"0-1\"", "100", "2", "512",
        "\"/bin/true\"", "\"/proc/1/ns/net\"", "\"/dev/null\"", "\"A=b\"",
    ];

    // Sections that base.json does not have, each good as it stands.
    private static readonly (string Path, string Json)[] s_sections =
    [
        ("linux.seccomp", """{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"syscalls":[{"names":["reboot"],"action":"SCMP_ACT_ERRNO","errnoRet":1,"args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]}]}"""),
        ("linux.sysctl", """{"kernel.msgmax":"8192","net.ipv4.ip_forward":"0"}"""),
        ("linux.devices", """[{"path":"/dev/x","type":"c","major":1,"minor":3,"fileMode":438,"uid":0,"gid":0}]"""),
        ("linux.resources.memory", """{"limit":268435456,"swap":-1}"""),
        ("linux.resources.cpu", """{"shares":512,"quota":50000,"period":100000,"cpus":"0"}"""),
        ("linux.resources.pids", """{"limit":100}"""),
        ("linux.resources.blockIO", """{"throttleReadBpsDevice":[{"major":7,"minor":0,"rate":1048576}]}"""),
        ("linux.rootfsPropagation", "\"rprivate\""),
        ("linux.uidMappings", """[{"containerID":0,"hostID":100000,"size":65536}]"""),
        ("linux.gidMappings", """[{"containerID":0,"hostID":100000,"size":65536}]"""),
        ("linux.namespaces[5]", """{"type":"cgroup"}"""),
        ("mounts[2]", """{"destination":"/tmp","type":"tmpfs","source":"tmpfs","options":["nosuid","noexec","mode=1777"]}"""),
        ("mounts[2]", """{"destination":"/mnt","type":"bind","source":"/tmp","options":["rbind","ro","rslave"]}"""),
        ("mounts[2]", """{"destination":"/sys","type":"sysfs","source":"sysfs","options":["ro","nodev"]}"""),
        ("mounts[2]", """{"destination":"/dev/pts","type":"devpts","source":"devpts","options":["newinstance","ptmxmode=0666","mode=0620"]}"""),
        ("mounts[2]", """{"destination":"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["ro"]}"""),
        ("process.capabilities.ambient", """["CAP_KILL"]"""),
        ("process.rlimits[1]", """{"type":"RLIMIT_CORE","hard":0,"soft":0}"""),
        ("process.oomScoreAdj", "500"),
        ("process.user.additionalGids", "[1,2]"),
        ("process.user.umask", "18"),
        ("hooks.prestart", """[{"path":"/bin/true","args":["true"],"timeout":5}]"""),
        ("hooks.createContainer", """[{"path":"/bin/true","env":["A=b"]}]"""),
    ];

    /// <summary>Config <paramref name="number"/> as text; <paramref name="leave"/> names paths that must stay as they are.</summary>
    public static string Create(int number, params string[] leave)
    {
        var random = new Random(unchecked(Seed + number));
        JsonNode document = JsonNode.Parse(OracleCase.BaseJson())!;
        for (int i = random.Next(4); i > 0; i--)
        {
            (string path, string json) = s_sections[random.Next(s_sections.Length)];
            JsonPatch.Set(document, path, JsonNode.Parse(json));
        }
        for (int i = random.Next(3); i > 0; i--)
            Mutate(document, random, leave);
        return document.ToJsonString();
    }

    private static void Mutate(JsonNode document, Random random, string[] leave)
    {
        var places = new List<JsonNode>();
        Collect(document, places, leave);
        JsonNode place = places[random.Next(places.Count)];
        int kind = random.Next(6);
        JsonNode? value = Value(random, random.Next(6) == 0 ? null : place.GetValueKind());
        if (place.Parent is JsonArray array)
        {
            int index = array.IndexOf(place);
            if (kind == 0)
                array.RemoveAt(index);
            else if (kind == 1)
                array.Add(place.DeepClone());
            else
                array[index] = value;
        }
        else if (place.Parent is JsonObject members)
        {
            string name = place.GetPropertyName();
            if (kind == 0)
                members.Remove(name);
            else if (kind == 1)
                members[name + "X"] = value;
            else
                members[name] = value;
        }
    }

    /// <summary>Any value, or one of the kind that stands there: those come past the parser.</summary>
    private static JsonNode? Value(Random random, JsonValueKind? like)
    {
        JsonNode? value;
        do
        {
            value = JsonNode.Parse(s_values[random.Next(s_values.Length)]);
        }
        while (like is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.Array && value?.GetValueKind() != like);
        return value;
    }

    private static void Collect(JsonNode? node, List<JsonNode> into, string[] leave)
    {
        if (node is null || Array.IndexOf(leave, node.GetPath()) >= 0)
            return;
        if (node.Parent is not null)
            into.Add(node);
        foreach (var (_, child) in node as JsonObject ?? [])
            Collect(child, into, leave);
        foreach (JsonNode? child in node as JsonArray ?? [])
            Collect(child, into, leave);
    }
}
