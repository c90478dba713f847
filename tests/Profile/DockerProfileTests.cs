using System.Linq;
using System.Text;
using Bulkhead.Linux;
using Bulkhead.Oci;
using Bulkhead.TestSupport;
using Bulkhead.Workloads.Compose.Seccomp;
using Errno = Bulkhead.Linux.Errno;

namespace Bulkhead.Profile;

/// <summary>--security-opt seccomp=...: profiles of others, and what is refused.</summary>
public sealed class DockerProfileTests
{
    private const string Head = """{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,"archMap":[{"architecture":"SCMP_ARCH_AARCH64","subArchitectures":["SCMP_ARCH_ARM"]},{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]}],"syscalls":[""";

    private static LinuxSeccomp Resolve(string call, params string[] capabilities) => DockerProfile.Resolve(Encoding.UTF8.GetBytes(Head + call + "]}"), "p.json", capabilities);

    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{"includes":{"caps":["CAP_KILL"]}}""", true)]
    [InlineData("""{"includes":{"caps":["CAP_KILL","CAP_BPF"]}}""", false)]
    [InlineData("""{"excludes":{"caps":["CAP_BPF","CAP_KILL"]}}""", false)]
    [InlineData("""{"excludes":{"caps":["CAP_BPF"]}}""", true)]
    [InlineData("""{"includes":{"arches":["amd64","arm"]}}""", true)]
    [InlineData("""{"includes":{"arches":["s390"]}}""", false)]
    [InlineData("""{"excludes":{"arches":["amd64"]}}""", false)]
    [InlineData("""{"includes":{"minKernel":"4.8"}}""", true)]
    [InlineData("""{"includes":{"minKernel":"99.1"}}""", false)]
    [InlineData("""{"excludes":{"minKernel":"4.8"}}""", false)]
    [InlineData("""{"args":null,"includes":{},"excludes":{}}""", true)]
    public void Conditions_of_a_rule(string conditions, bool applies)
    {
        string rule = """{"names":["read"],"action":"SCMP_ACT_ALLOW" """ + (conditions == "{}" ? "}" : "," + conditions[1..]);
        LinuxSeccomp profile = Resolve(rule, "CAP_KILL");
        Assert.Equal(applies, profile.Syscalls.Any(call => call.Names.Contains("read")));
        Assert.Equal(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"], profile.Architectures);
        Assert.Equal(38u, profile.DefaultErrnoRet);
    }

    [Fact]
    public void Podmans_own_profile_follows_the_capabilities()
    {
        var without = new Filter(SeccompChoice.Of(["seccomp=/usr/share/containers/seccomp.json"], [])!);
        var with = new Filter(SeccompChoice.Of(["seccomp=/usr/share/containers/seccomp.json"], ["CAP_SYS_ADMIN"])!);
        Assert.Equal(Filter.Allow, without.Verdict("read"));
        Assert.NotEqual(Filter.Allow, without.Verdict("quotactl"));
        Assert.Equal(Filter.Allow, with.Verdict("quotactl"));
        Assert.Equal(["bpf", "fanotify_init", "lookup_dcookie", "perf_event_open", "quotactl"],
            Filter.Calls.Where(call => with.Reaches(call) && !without.Reaches(call)).Order().Intersect(["bpf", "fanotify_init", "lookup_dcookie", "perf_event_open", "quotactl"]));
    }

    [Theory]
    [InlineData("""{"name":"read","names":["write"],"action":"SCMP_ACT_ALLOW"}""", "exclude each other")]
    [InlineData("""{"names":"read","action":"SCMP_ACT_ALLOW"}""", "Docker's format")]
    [InlineData("{", "Docker's format")]
    public void Broken_profiles_are_refused_by_name(string call, string words)
    {
        string message = Assert.Throws<StepException>(() => Resolve(call)).Message;
        Assert.Contains(words, message, System.StringComparison.Ordinal);
        Assert.Contains("seccomp=p.json", message, System.StringComparison.Ordinal);
    }

    [Fact]
    public void Options()
    {
        Assert.Null(SeccompChoice.Of(["seccomp=unconfined"], []));
        Assert.Equal(Filter.Allow, new Filter(SeccompChoice.Of(["landlock=off", "seccomp-allow=@debug,bpf"], [])!).Verdict("bpf"));
        Assert.Equal(Filter.Errno(Errno.EPERM), new Filter(SeccompChoice.Of(["seccomp=default"], [])!).Verdict("bpf"));
        Assert.Equal("seccomp=" + System.IO.Path.GetFullPath("p.json"), SeccompChoice.Normalize("seccomp=p.json"));
        Assert.Equal("seccomp=unconfined", SeccompChoice.Normalize("seccomp=unconfined"));
        Assert.Contains("no system call", Assert.Throws<StepException>(() => SeccompChoice.Normalize("seccomp-allow=reed")).Message, System.StringComparison.Ordinal);
        Assert.Throws<StepException>(() => SeccompChoice.Of(["seccomp=unconfined", "seccomp-allow=bpf"], []));
        Assert.Contains("/no/such", Assert.Throws<StepException>(() => SeccompChoice.Of(["seccomp=/no/such"], [])).Message, System.StringComparison.Ordinal);
        Assert.Equal(["SCMP_ARCH_X86_64"], DefaultProfile.Make([], []).Architectures);
    }

    [Fact]
    public void A_file_given_by_path_holds_in_the_container()
    {
        using var folder = new TempFolder("dp");
        string profile = folder.Write("p.json", """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}""");
        using var run = new Run();
        Outcome refused = run.Shell("mkdir /tmp/d; unshare -U true && echo allowed", "--security-opt", "seccomp=" + profile);
        Assert.Contains("not supported", refused.Err, System.StringComparison.Ordinal);
        Assert.Contains("allowed", refused.Out, System.StringComparison.Ordinal);
    }
}
