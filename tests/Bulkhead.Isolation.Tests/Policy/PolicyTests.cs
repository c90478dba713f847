using System;
using System.IO;
using System.Net.Sockets;
using Bulkhead.Linux;
using Bulkhead.Oci;

namespace Bulkhead.Isolation.Tests;

/// <summary>Rules of policy.toml: what each refuses, what it tightens, what it names.</summary>
public sealed class PolicyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bulkhead-policy").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string File_(string text, string name = "policy.toml")
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private Policy Load(string text) => Policy.Load(File_(text), null);

    private static RuntimeConfig Config() => new()
    {
        Root = new Root { Path = "rootfs" },
        Process = new Process
        {
            Args = ["sh"],
            Cwd = "/",
            Capabilities = new LinuxCapabilities { Bounding = ["CAP_KILL", "CAP_SYS_ADMIN"], Effective = ["CAP_SYS_ADMIN"], Permitted = ["CAP_KILL"] },
        },
        Linux = new LinuxConfig
        {
            Namespaces = [new() { Type = "pid" }, new() { Type = "mount" }, new() { Type = "network", Path = "/proc/self/ns/net" }],
        },
    };

    private static Mount Bind(string source) => new() { Destination = "/x", Source = source, Options = ["rbind"] };

    private static string Denial(Policy policy, RuntimeConfig config, IsolationTier tier = IsolationTier.Hardened) =>
        Assert.Throws<StepException>(() => policy.Apply(config, "/no/such/bundle", tier)).Message;

    [Fact]
    public void Without_a_file_everything_but_engine_sockets_is_allowed()
    {
        Policy policy = Policy.Load(Path.Combine(_folder, "none.toml"), null);
        RuntimeConfig config = Config();
        config.Mounts = [Bind(_folder)];
        policy.Apply(config, _folder);
        Assert.False(config.Root!.Readonly);
        Assert.Equal(["CAP_KILL", "CAP_SYS_ADMIN"], config.Process!.Capabilities!.Bounding);
        config.Mounts = [Bind("/run/docker.sock")];
        Assert.StartsWith("refused by policy engine_sockets (built-in policy): $.mounts[0].source would show", Denial(policy, config));
    }

    [Theory]
    [InlineData("root_user = \"refuse\"", "root_user", "$.process.user.uid is 0")]
    [InlineData("root_user = \"user-namespace\"", "root_user", "which is the host's root")]
    [InlineData("writable_root = \"refuse\"", "writable_root", "$.root.readonly is not true")]
    [InlineData("no_new_privileges = \"refuse\"", "no_new_privileges", "noNewPrivileges is not true")]
    [InlineData("unconfined_seccomp = \"refuse\"", "unconfined_seccomp", "no $.linux.seccomp")]
    [InlineData("refuse_host_namespaces = [\"ipc\"]", "refuse_host_namespaces", "share the host's ipc namespace")]
    [InlineData("refuse_host_namespaces = [\"pid\", \"network\"]", "refuse_host_namespaces", "/proc/self/ns/net is the host's network namespace")]
    [InlineData("min_isolation = \"microvm\"", "min_isolation", "would run hardened; at least microvm")]
    [InlineData("capabilities.allowed = [\"CAP_KILL\"]\ncapabilities.excess = \"refuse\"", "capabilities.allowed", "bounding holds CAP_SYS_ADMIN")]
    public void A_denial_names_rule_file_and_line(string text, string rule, string why)
    {
        string message = Denial(Load("# comment\n\n" + text + "\n"), Config());
        Assert.StartsWith($"refused by policy {rule} ({Path.Combine(_folder, "policy.toml")}:3): ", message);
        Assert.Contains(why, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tightening_changes_the_config_and_nothing_else()
    {
        RuntimeConfig config = Config();
        Load("""
            writable_root = "tighten"
            no_new_privileges = "tighten"
            refuse_host_namespaces = ["pid", "mount"]
            [capabilities]
            allowed = ["CAP_KILL", "CAP_CHOWN"]
            """).Apply(config, _folder);
        Assert.True(config.Root!.Readonly);
        Assert.True(config.Process!.NoNewPrivileges);
        Assert.Equal(["CAP_KILL"], config.Process.Capabilities!.Bounding);
        Assert.Equal([], config.Process.Capabilities.Effective);
        Assert.Equal(["CAP_KILL"], config.Process.Capabilities.Permitted);
    }

    [Fact]
    public void Exec_is_bound_by_the_same_rules()
    {
        Policy policy = Load("root_user = \"refuse\"\n[capabilities]\nallowed = []\n");
        var exec = new Process { User = new User { Uid = 1000 }, Capabilities = new LinuxCapabilities { Effective = ["CAP_KILL"] } };
        policy.ApplyExec(exec, Config());
        Assert.Equal([], exec.Capabilities.Effective);
        exec.User.Uid = 0;
        Assert.Contains("root_user", Assert.Throws<StepException>(() => policy.ApplyExec(exec, Config())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Root_in_a_user_namespace_counts_only_when_it_is_not_the_host_s_root()
    {
        Policy policy = Load("root_user = \"user-namespace\"");
        RuntimeConfig config = Config();
        config.Linux!.Namespaces = [new() { Type = "user" }];
        config.Linux.UidMappings = [new() { ContainerId = 0, HostId = 100000, Size = 65536 }];
        policy.Apply(config, _folder);
        config.Linux.UidMappings = [new() { ContainerId = 1, HostId = 0, Size = 1 }, new() { ContainerId = 0, HostId = 100000, Size = 1 }];
        Assert.Contains("host's root", Denial(policy, config), StringComparison.Ordinal);
        config.Linux.Namespaces = [new() { Type = "user", Path = "/proc/self/ns/user" }];
        Assert.Contains("host's root", Denial(policy, config), StringComparison.Ordinal);
    }

    [Fact]
    public void Privileged_means_every_capability_or_every_device()
    {
        Policy policy = Load("privileged = \"refuse\"");
        RuntimeConfig config = Config();
        policy.Apply(config, _folder);
        config.Linux!.Resources = new LinuxResources { Devices = [new() { Allow = true, Access = "m" }, new() { Allow = true, Type = "c", Major = 1, Minor = 3, Access = "rwm" }] };
        policy.Apply(config, _folder);
        config.Linux.Resources.Devices = [new() { Allow = false, Access = "rwm" }, new() { Allow = true, Access = "rwm" }];
        Assert.Contains("$.linux.resources.devices[1] allows every device", Denial(policy, config), StringComparison.Ordinal);
        config.Linux.Resources = null;
        config.Process!.Capabilities!.Bounding = Capabilities.Names(Capabilities.UpTo(Capabilities.Count - 1));
        Assert.Contains("holds every capability", Denial(policy, config), StringComparison.Ordinal);
    }

    [Fact]
    public void A_seccomp_section_that_refuses_nothing_is_unconfined()
    {
        Policy policy = Load("unconfined_seccomp = \"refuse\"");
        RuntimeConfig config = Config();
        config.Linux!.Seccomp = new LinuxSeccomp { DefaultAction = "SCMP_ACT_ALLOW", Syscalls = [new() { Names = ["read"], Action = "SCMP_ACT_LOG" }] };
        Assert.Contains("allows every system call", Denial(policy, config), StringComparison.Ordinal);
        config.Linux.Seccomp.Syscalls = [new() { Names = ["mount"], Action = "SCMP_ACT_ERRNO" }];
        policy.Apply(config, _folder);
    }

    [Theory]
    [InlineData("/etc", "/etc")]
    [InlineData("/etc/ssh", "/etc")]
    [InlineData("/", "/etc")]
    [InlineData("/tmp/../etc", "/etc")]
    public void A_refused_place_is_refused_from_within_and_from_above(string source, string place)
    {
        RuntimeConfig config = Config();
        config.Mounts = [Bind("/usr"), Bind(source)];
        Assert.Contains($"$.mounts[1].source", Denial(Load($"engine_sockets = \"allow\"\nmounts.refuse = [\"{place}\"]"), config), StringComparison.Ordinal);
        config.Mounts = [Bind("/usr"), Bind("/etcetera")];
        Load($"mounts.refuse = [\"{place}\"]").Apply(config, _folder);
    }

    [Fact]
    public void A_symbolic_link_is_no_way_round()
    {
        string link = Path.Combine(_folder, "link");
        File.CreateSymbolicLink(link, "/etc");
        RuntimeConfig config = Config();
        config.Mounts = [Bind(link)];
        Assert.Contains("/etc shows /etc", Denial(Load("mounts.refuse = [\"/etc\"]"), config), StringComparison.Ordinal);
        Assert.Contains("outside the allowed places", Denial(Load($"mounts.allow = [\"{_folder}\"]"), config), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_allowed_places_can_be_mounted()
    {
        Policy policy = Load("mounts.allow = [\"/usr\", \"/srv\"]");
        RuntimeConfig config = Config();
        config.Mounts = [Bind("/usr/share"), new() { Destination = "/proc", Type = "proc", Source = "proc" }];
        policy.Apply(config, _folder);
        config.Mounts = [Bind("/usrx")];
        Assert.Contains("outside the allowed places", Denial(policy, config), StringComparison.Ordinal);
        config.Mounts = [new() { Destination = "/x", Type = "overlay", Source = "overlay", Options = ["lowerdir=/usr:/etc"] }];
        Assert.Contains("/etc is outside the allowed places", Denial(policy, config), StringComparison.Ordinal);
        config.Mounts = [Bind("relative")];
        Assert.Contains("/no/such/bundle/relative is outside", Denial(policy, config), StringComparison.Ordinal);
    }

    [Fact]
    public void Dots_behind_a_link_lead_where_the_kernel_goes()
    {
        File.CreateSymbolicLink(Path.Combine(_folder, "link"), "/usr/share");
        RuntimeConfig config = Config();
        config.Mounts = [Bind(_folder + "/link/../lib")];
        Assert.Contains("/usr/lib is outside", Denial(Load($"mounts.allow = [\"{_folder}\"]"), config), StringComparison.Ordinal);
    }

    [Fact]
    public void A_source_must_be_what_was_judged()
    {
        RuntimeConfig config = Config();
        config.Mounts = [Bind(_folder), Bind(_folder + "/missing")];
        JudgedSources judged = Load("mounts.refuse = [\"/etc\"]").Apply(config, _folder);
        using Fd same = Sys.OpenTree(Fd.Cwd, _folder, 0).OrThrow("open"), other = Sys.OpenTree(Fd.Cwd, "/", 0).OrThrow("open");
        judged.Require(0, same, _folder);
        judged.Require(2, other, "/"); // no rule was asked about it
        Assert.Contains("$.mounts[0].source: / was replaced", Assert.Throws<StepException>(() => judged.Require(0, other, "/")).Message, StringComparison.Ordinal);
        Assert.Throws<StepException>(() => judged.Require(1, other, "/")); // it was not there
    }

    [Fact]
    public void An_engine_socket_is_found_by_name_in_its_folder_and_behind_a_link()
    {
        Policy policy = Policy.Load(Path.Combine(_folder, "none.toml"), null);
        RuntimeConfig config = Config();
        string socket = Path.Combine(_folder, "docker.sock");
        File.WriteAllText(socket, "");
        config.Mounts = [Bind(_folder)];
        policy.Apply(config, _folder); // a file of that name is no socket
        File.Delete(socket);
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(socket));
        Assert.Contains(socket, Denial(policy, config), StringComparison.Ordinal);
        string link = Path.Combine(_folder, "harmless");
        File.CreateSymbolicLink(link, socket);
        config.Mounts = [Bind(link)];
        Assert.Contains(socket, Denial(policy, config), StringComparison.Ordinal);
        // Relative to the bundle, and a bind mount by its type alone: "remount" takes it past the validator.
        config.Mounts = [new() { Destination = "/run/docker.sock", Type = "bind", Source = "docker.sock", Options = ["remount"] }];
        Assert.Contains("/no/such/bundle/docker.sock", Denial(policy, config), StringComparison.Ordinal);
        Load("engine_sockets = \"allow\"").Apply(config, _folder);
    }

    [Fact]
    public void The_command_line_s_policy_only_adds()
    {
        string administrator = File_("root_user = \"refuse\"\nengine_sockets = \"allow\"");
        string extra = File_("root_user = \"allow\"\nwritable_root = \"tighten\"", "extra.toml");
        Policy policy = Policy.Load(administrator, extra);
        RuntimeConfig config = Config();
        Assert.Contains("root_user", Denial(policy, config), StringComparison.Ordinal);
        config.Process!.User.Uid = 1;
        config.Mounts = [Bind("/run/docker.sock")];
        policy.Apply(config, _folder);
        Assert.True(config.Root!.Readonly);
    }
}
