using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json.Nodes;
using Bulkhead.Isolation;
using Bulkhead.Isolation.Plan;
using Bulkhead.Isolation.State;
using Bulkhead.Linux;
using Bulkhead.Linux.Cgroups;
using Bulkhead.Oci;

namespace Bulkhead.Fuzz;

/// <summary>config.json: reader, validator, then what makes of the values something else: seccomp's compiler, resources, policy.</summary>
internal sealed class ConfigTarget : Target
{
    private static readonly Policy s_policy = PolicyFile.Parse(Encoding.UTF8.GetBytes(PolicyTarget.Full), "policy.toml");
    private static readonly string s_base = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "base.json"));

    public override byte[][] Seeds { get; } =
    [
        Text(s_base), With("""{"linux":{"seccomp":{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,"architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86"],"flags":["SECCOMP_FILTER_FLAG_LOG"],"listenerPath":"/s","listenerMetadata":"m","syscalls":[{"names":["personality","socket"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":8,"valueTwo":1,"op":"SCMP_CMP_MASKED_EQ"}]},{"names":["open"],"action":"SCMP_ACT_NOTIFY"}]}}}"""),
        With("""{"linux":{"uidMappings":[{"containerID":0,"hostID":1000,"size":10}],"gidMappings":[{"containerID":0,"hostID":1000,"size":10}],"namespaces":[{"type":"user"},{"type":"time"},{"type":"mount"},{"type":"uts"},{"type":"network"}],"timeOffsets":{"boottime":{"secs":1,"nanosecs":2}},"sysctl":{"net.core.somaxconn":"1"},"netDevices":{"eth0":{"name":"e"}},"devices":[{"path":"/dev/x","type":"c","major":1,"minor":3,"fileMode":438}],"personality":{"domain":"LINUX32"},"memoryPolicy":{"mode":"MPOL_BIND","nodes":"0-1","flags":["MPOL_F_STATIC_NODES"]},"rootfsPropagation":"rslave","cgroupsPath":"/a/b","mountLabel":"x"}}"""),
        With("""{"mounts":[{"destination":"/a","source":"b","options":["rbind","ro","idmap"],"uidMappings":[{"containerID":0,"hostID":1,"size":1}],"gidMappings":[{"containerID":0,"hostID":1,"size":1}]},{"destination":"/t","type":"tmpfs","options":["size=1k","tmpcopyup"]}],"hooks":{"prestart":[{"path":"/h","args":["h"],"env":["A=b"],"timeout":1}],"poststop":[{"path":"/p"}]},"annotations":{"org.systemd.property.X":"1","dev.bulkhead.isolation":"auto"}}"""),
        With("""{"process":{"terminal":true,"consoleSize":{"height":1,"width":2},"user":{"uid":1,"gid":2,"umask":3,"additionalGids":[4]},"args":["a"],"cwd":"/","env":["A=b"],"capabilities":{"ambient":["CAP_KILL"]},"scheduler":{"policy":"SCHED_DEADLINE","runtime":1,"deadline":2,"period":3,"flags":["SCHED_FLAG_RECLAIM"]},"ioPriority":{"class":"IOPRIO_CLASS_BE","priority":1},"execCPUAffinity":{"initial":"0","final":"1-2"},"oomScoreAdj":5,"apparmorProfile":"p","selinuxLabel":"l"}}"""),
        .. ResourcesTarget.Documents.Select(document => With("{\"linux\":{\"resources\":" + document + "}}")),
    ];

    public override string[] Words { get; } =
        [.. Encoding.UTF8.GetString([.. s_base.SelectMany(c => Encoding.UTF8.GetBytes([c]))]).Split('"').Where(w => w.Length > 1).Distinct(), "{\"a\":", "[", "\\u0000", "\\ud800", "\\n"];

    protected override void Parse(byte[] input)
    {
        RuntimeConfig config = RuntimeConfigReader.Parse(input, "config.json");
        var options = (ValidateOptions)(input.Length % 16);
        ConfigValidator.Validate(config, "config.json", options);
        if (config.Linux?.Seccomp is { } seccomp)
            Must(SeccompPlanner.Plan(seccomp).Filter.Length % 8 == 0, "no whole number of instructions");
        _ = ResourceMapper.ForCreate(config.Linux?.Resources);
        if (input.Length % 2 == 0)
            s_policy.Apply(config, "/bundle");
    }

    private static byte[] With(string patch)
    {
        JsonNode document = JsonNode.Parse(s_base)!;
        foreach ((string section, JsonNode? value) in JsonNode.Parse(patch)!.AsObject())
        {
            if (section == "linux")
            {
                foreach ((string name, JsonNode? field) in value!.AsObject())
                    document["linux"]![name] = field!.DeepClone();
                continue;
            }
            document[section] = value!.DeepClone();
        }
        return Text(document.ToJsonString());
    }
}

/// <summary>The document of exec --process.</summary>
internal sealed class ExecProcessTarget : Target
{
    public override byte[][] Seeds { get; } =
    [
        Text("""{"terminal":false,"user":{"uid":0,"gid":0,"additionalGids":[1]},"args":["/bin/true"],"env":["PATH=/bin"],"cwd":"/","capabilities":{"bounding":["CAP_KILL"]},"rlimits":[{"type":"RLIMIT_NOFILE","hard":9,"soft":8}]}"""),
    ];

    public override string[] Words => ["\"consoleSize\":{\"height\":1}", "\"scheduler\":{\"policy\":\"SCHED_FIFO\",\"priority\":1}", "\\n", "null"];

    protected override void Parse(byte[] input) => ConfigValidator.ValidateProcess(ProcessReader.Parse(input, "process.json"), "process.json");
}

/// <summary>The document of update --resources.</summary>
internal sealed class ResourcesTarget : Target
{
    public static readonly string[] Documents =
    [
        """{"memory":{"limit":1048576,"reservation":1,"swap":-1,"kernel":1,"kernelTCP":1,"swappiness":60,"disableOOMKiller":false,"useHierarchy":true,"checkBeforeUpdate":true},"pids":{"limit":5}}""",
        """{"cpu":{"shares":2,"quota":1000,"burst":5,"period":1000,"realtimeRuntime":1,"realtimePeriod":2,"cpus":"0-3,8","mems":"0","idle":0},"rdma":{"mlx":{"hcaHandles":1,"hcaObjects":2}}}""",
        """{"devices":[{"allow":true,"type":"c","major":1,"minor":-1,"access":"rwm"}],"blockIO":{"weight":10,"leafWeight":10,"weightDevice":[{"major":8,"minor":0,"weight":500}],"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1}]}}""",
        """{"hugepageLimits":[{"pageSize":"2MB","limit":1}],"network":{"classID":1,"priorities":[{"name":"eth0","priority":1}]},"unified":{"memory.high":"1"}}""",
    ];

    public override byte[][] Seeds { get; } = [.. Documents.Select(Text)];

    protected override void Parse(byte[] input)
    {
        LinuxResources resources = ResourcesReader.Parse(input, "update");
        ConfigValidator.ValidateResources(resources, "update");
        CgroupResources mapped = ResourceMapper.Map(resources);
        Must(mapped.CpuQuota is null or >= -1, "a quota that the validator refuses");
    }
}

/// <summary>state.json: what can be read is written and read again without a loss.</summary>
internal sealed class StateTarget : Target
{
    public override byte[][] Seeds { get; } =
    [
        StateDocument.Write(new ContainerRecord
        {
            Id = "web1", OciVersion = "1.3.0", Bundle = "/b", Rootfs = "/b/rootfs", Isolation = "hardened", Created = "2026-11-24T00:00:00Z", OwnerUid = 0, Pid = 7, StartTime = 8,
            Namespaces = 0x20000, HasProcess = true, Hooks = LaterHooks.Poststop, Cgroup = new CgroupPaths([new("pids", "/sys/fs/cgroup/pids/web1")], "u.scope", true), PolicyFile = "/p",
            Annotations = [new("a", "b")],
        }),
        Text("""{"version":1,"id":"x","later":{"a":[1,2,{"b":null}]}}"""),
    ];

    public override string[] Words => ["null", "\"later\":[1]", "\"version\":1", "\"cgroup\":{\"a\":\"b\"}", "\"annotations\":{\"a\":\"b\"}", "-1", "{", "["];

    protected override void Parse(byte[] input)
    {
        ContainerRecord record = StateDocument.Read(input, "state.json", out string? damage) ?? throw new StepException(damage!);
        string[] texts = [record.Id, record.OciVersion, record.Bundle, record.Rootfs, record.Isolation, record.Created, .. Texts(record.Annotations), .. Texts(record.Cgroup?.Entries ?? [])];
        Must(!texts.Contains(null), "a text that is null");
        byte[] written = StateDocument.Write(record);
        Must(StateDocument.Write(StateDocument.Read(written, "state.json", out _)!).AsSpan().SequenceEqual(written), "another document after a second writing");
    }

    private static IEnumerable<string> Texts(IEnumerable<KeyValuePair<string, string>> map) => map.SelectMany(pair => (string[])[pair.Key, pair.Value]);
}

/// <summary>policy.toml.</summary>
internal sealed class PolicyTarget : Target
{
    public const string Full = """
        # comment
        privileged = "refuse"
        root_user = "user-namespace"
        writable_root = "tighten"
        no_new_privileges = "tighten"
        unconfined_seccomp = "refuse"
        engine_sockets = "refuse"
        min_isolation = "hardened"
        refuse_host_namespaces = ["pid", "network"]
        [capabilities]
        allowed = ["CAP_CHOWN", 'CAP_KILL']
        excess = "refuse"
        [mounts]
        allow = ["/srv"]
        refuse = [
          "/etc",
        ]
        """;

    public override byte[][] Seeds { get; } = [Text(Full), Text("mounts.refuse = [\"/etc\"]\nprivileged = '''allow'''\n"), Text("a = {b = [1, 2.0, 1979-05-27T07:32:00Z], c = \"\\u0041\"}\n[[d]]\n")];

    public override string[] Words => ["[", "{a=", "[[", "\"\"\"", "'''", "a.", "= ", "\n", "\\u0000", "allow", "refuse", "#", "=[[[[[[[["];

    protected override void Parse(byte[] input) => _ = PolicyFile.Parse(input, "policy.toml");
}
