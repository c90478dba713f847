using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;

namespace Bulkhead.Security;

/// <summary>The profile under test: what `spec` writes, with Docker's default seccomp profile, and the ways to take defences away.</summary>
internal static class Config
{
    private static readonly string Spec = MakeSpec();

    public static JsonObject Profile(params string[] command)
    {
        JsonObject config = JsonNode.Parse(Spec)!.AsObject();
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = Strings(command);
        config["root"]!["path"] = Rootfs.Shared;
        config["linux"]!["seccomp"] = Seccomp();
        JsonArray env = config["process"]!["env"]!.AsArray();
        foreach (string variable in ProbeEnvironment())
            env.Add(variable);
        return config;
    }

    /// <summary>What the probes are told of the host.</summary>
    public static string[] ProbeEnvironment()
    {
        (string major, string minor) = HostDisk();
        return [string.Create(CultureInfo.InvariantCulture, $"PROBE_HOST_PID={Host.Victim.Id}"), "PROBE_BLOCK_MAJOR=" + major, "PROBE_BLOCK_MINOR=" + minor];
    }

    /// <summary>Takes the layers that a configuration can take away.</summary>
    public static JsonObject Without(this JsonObject config, Layers layers)
    {
        JsonObject linux = config["linux"]!.AsObject(), process = config["process"]!.AsObject();
        if (layers.HasFlag(Layers.Seccomp))
            linux.Remove("seccomp");
        if (layers.HasFlag(Layers.Capabilities))
            process["capabilities"] = Capabilities(HostCapabilities());
        if (layers.HasFlag(Layers.EmptyInheritable))
            Inherit(process["capabilities"]!.AsObject());
        if (layers.HasFlag(Layers.NoNewPrivileges))
            process["noNewPrivileges"] = false;
        if (layers.HasFlag(Layers.DeviceRules))
            linux["resources"]!["devices"] = JsonNode.Parse("""[{ "allow": true, "access": "rwm" }]""");
        if (layers.HasFlag(Layers.ReadonlyPaths))
            linux["readonlyPaths"] = new JsonArray();
        if (layers.HasFlag(Layers.MaskedPaths))
            linux["maskedPaths"] = new JsonArray();
        if (layers.HasFlag(Layers.PrivateMounts))
            linux["rootfsPropagation"] = "shared";
        if (layers.HasFlag(Layers.ReadOnlyRoot))
            config["root"]!["readonly"] = false;
        WithoutOptions(config, layers);
        WithoutNamespaces(config, layers);
        return config;
    }

    public static JsonArray Strings(params string[] words) => new(words.Select(w => (JsonNode)w).ToArray());

    public static JsonObject Mount(string destination, string source, params string[] options) => new()
    {
        ["destination"] = destination,
        ["type"] = "bind",
        ["source"] = source,
        ["options"] = Strings(options.Length == 0 ? ["bind"] : options),
    };

    private static void WithoutOptions(JsonObject config, Layers layers)
    {
        if (layers.HasFlag(Layers.CgroupReadOnly))
            RemoveOption(config, "/sys/fs/cgroup", "ro");
        if (layers.HasFlag(Layers.SysReadOnly))
            RemoveOption(config, "/sys", "ro");
        if (layers.HasFlag(Layers.NoDevices))
            RemoveOption(config, "/dev/shm", "nodev");
    }

    private static void RemoveOption(JsonObject config, string destination, string option)
    {
        JsonNode mount = config["mounts"]!.AsArray().Single(m => m!["destination"]!.GetValue<string>() == destination)!;
        mount["options"] = Strings(mount["options"]!.AsArray().Select(o => o!.GetValue<string>()).Where(o => o != option).ToArray());
    }

    private static void WithoutNamespaces(JsonObject config, Layers layers)
    {
        JsonArray namespaces = config["linux"]!["namespaces"]!.AsArray();
        if (layers.HasFlag(Layers.PidNamespace))
        {
            RemoveNamespace(namespaces, "pid");
            // The victim in Host.Machine, where the caller then is. The first of two values would win.
            config["process"]!["env"]!.AsArray().Insert(0, "PROBE_HOST_PID=1");
        }
        if (layers.HasFlag(Layers.CgroupNamespace))
            RemoveNamespace(namespaces, "cgroup");
    }

    private static void RemoveNamespace(JsonArray namespaces, string type) =>
        namespaces.Remove(namespaces.Single(n => n!["type"]!.GetValue<string>() == type));

    private static void Inherit(JsonObject capabilities)
    {
        capabilities["inheritable"] = capabilities["permitted"]!.DeepClone();
        capabilities["ambient"] = capabilities["permitted"]!.DeepClone();
    }

    private static JsonObject Capabilities(string[] names) => new()
    {
        ["bounding"] = Strings(names),
        ["effective"] = Strings(names),
        ["permitted"] = Strings(names),
    };

    /// <summary>A runtime cannot give what its caller lacks: CAP_SYS_RESOURCE is missing on some machines.</summary>
    private static string[] HostCapabilities()
    {
        string line = File.ReadLines("/proc/self/status").Single(l => l.StartsWith("CapEff:", StringComparison.Ordinal));
        ulong own = ulong.Parse(line[7..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return CapabilityNames.All.Where((_, number) => (own >> number & 1) != 0).ToArray();
    }

    /// <summary>
    /// The shared copy is dockerd 20.10's. Docker's default has since closed three doors: io_uring (2023), and AF_ALG and socketcall beside
    /// AF_VSOCK (2026, CVE-2026-31431).
    /// </summary>
    private static JsonNode Seccomp()
    {
        JsonNode profile = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docker-seccomp.json")))!;
        JsonArray rules = profile["syscalls"]!.AsArray();
        foreach (JsonNode? rule in rules)
            RemoveNames(rule!["names"]!.AsArray());
        rules.Add(JsonNode.Parse("""{ "names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 38, "op": "SCMP_CMP_LT" }] }"""));
        rules.Add(JsonNode.Parse("""{ "names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 39, "op": "SCMP_CMP_EQ" }] }"""));
        rules.Add(JsonNode.Parse("""{ "names": ["socket"], "action": "SCMP_ACT_ALLOW", "args": [{ "index": 0, "value": 40, "op": "SCMP_CMP_GT" }] }"""));
        return profile;
    }

    private static void RemoveNames(JsonArray names)
    {
        for (int i = names.Count - 1; i >= 0; i--)
        {
            string name = names[i]!.GetValue<string>();
            if (name is "socket" or "socketcall" || name.StartsWith("io_uring_", StringComparison.Ordinal))
                names.RemoveAt(i);
        }
    }

    /// <summary>A block device that opens for the host's root. A machine may refuse the disk that it runs from even to it.</summary>
    internal static (string Major, string Minor) HostDisk()
    {
        string name = Directory.GetDirectories("/sys/block").Select(d => Path.GetFileName(d)).Order(StringComparer.Ordinal)
            .First(n => Host.Run("/bin/dd", "if=/dev/" + n, "of=/dev/null", "count=0").Status == 0);
        string[] numbers = File.ReadAllText($"/sys/block/{name}/dev").Trim().Split(':');
        return (numbers[0], numbers[1]);
    }

    private static string MakeSpec()
    {
        string folder = Path.Combine(Host.Work, "spec");
        Directory.CreateDirectory(folder);
        Host.Run(Host.Runtime, "spec", "--bundle", folder).MustSucceed();
        return File.ReadAllText(Path.Combine(folder, "config.json"));
    }
}
