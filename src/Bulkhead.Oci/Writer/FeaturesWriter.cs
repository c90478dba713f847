using System.Buffers;
using System.Collections.Generic;
using System.Text.Json;
using Bulkhead.Linux;

namespace Bulkhead.Oci;

/// <summary>The output of `features`: what this runtime knows, whatever the host has.</summary>
public static class FeaturesWriter
{
    /// <summary>Writes the document, indented by four spaces as runc's.</summary>
    public static void Write(IBufferWriter<byte> output, string version)
    {
        using (var json = new Utf8JsonWriter(output, StateWriter.Options(indented: true) with { IndentSize = 4 }))
        {
            json.WriteStartObject();
            json.WriteString("ociVersionMin"u8, "1.0.0"u8);
            json.WriteString("ociVersionMax"u8, StateWriter.OciVersion);
            Array(json, "hooks", ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"]);
            Array(json, "mountOptions", SupportedMountOptions());
            json.WriteStartObject("linux"u8);
            Linux(json);
            json.WriteEndObject();
            json.WriteStartObject("annotations"u8);
            json.WriteString("dev.bulkhead.version"u8, version);
            json.WriteString("org.opencontainers.runc.checkpoint.enabled"u8, "false"u8);
            json.WriteEndObject();
            Array(json, "potentiallyUnsafeConfigAnnotations", ["dev.bulkhead.", "org.systemd.property."]);
            json.WriteEndObject();
        }
        output.Write("\n"u8);
    }

    private static void Linux(Utf8JsonWriter json)
    {
        Array(json, "namespaces", ["cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"]);
        Array(json, "capabilities", Capabilities.Names(Capabilities.UpTo(Capabilities.Count - 1)));
        json.WriteStartObject("cgroup"u8);
        Flags(json, "v1", "v2", "systemd", "systemdUser", "rdma");
        json.WriteEndObject();
        json.WriteStartObject("seccomp"u8);
        Seccomp(json);
        json.WriteEndObject();
        Feature(json, "apparmor", enabled: true);
        Feature(json, "selinux", enabled: true);
        Feature(json, "intelRdt", enabled: false);
        json.WriteStartObject("memoryPolicy"u8);
        Array(json, "modes", ["MPOL_BIND", "MPOL_DEFAULT", "MPOL_INTERLEAVE", "MPOL_LOCAL", "MPOL_PREFERRED", "MPOL_PREFERRED_MANY", "MPOL_WEIGHTED_INTERLEAVE"]);
        Array(json, "flags", ["MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"]);
        json.WriteEndObject();
        json.WriteStartObject("mountExtensions"u8);
        Feature(json, "idmap", enabled: true);
        json.WriteEndObject();
        Feature(json, "netDevices", enabled: true);
    }

    private static void Seccomp(Utf8JsonWriter json)
    {
        Flags(json, "enabled");
        Array(json, "actions",
        [
            "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG",
            "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP",
        ]);
        Array(json, "operators",
            ["SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE"]);
        Array(json, "archs", ["SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64"]);
        string[] flags =
        [
            "SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_SPEC_ALLOW", "SECCOMP_FILTER_FLAG_LOG",
            "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
        ];
        Array(json, "knownFlags", flags);
        Array(json, "supportedFlags", flags);
    }

    /// <summary>The options of crun alone are in the table but refused by the validator.</summary>
    private static List<string> SupportedMountOptions()
    {
        var names = new List<string>();
        foreach (string name in MountOptions.KnownNames())
        {
            if (name is not ("copy-symlink" or "src-nofollow" or "dest-nofollow"))
                names.Add(name);
        }
        return names;
    }

    private static void Feature(Utf8JsonWriter json, string name, bool enabled)
    {
        json.WriteStartObject(name);
        json.WriteBoolean("enabled"u8, enabled);
        json.WriteEndObject();
    }

    private static void Flags(Utf8JsonWriter json, params string[] names)
    {
        foreach (string name in names)
            json.WriteBoolean(name, true);
    }

    private static void Array(Utf8JsonWriter json, string name, IReadOnlyList<string> items)
    {
        json.WriteStartArray(name);
        for (int i = 0; i < items.Count; i++)
            json.WriteStringValue(items[i]);
        json.WriteEndArray();
    }
}
