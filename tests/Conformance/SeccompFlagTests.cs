using System.IO;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Bulkhead.TestSupport;
using Microsoft.Win32.SafeHandles;

namespace Bulkhead.Conformance;

/// <summary>linux.seccomp.flags: what seccomp(2) is called with, by strace.</summary>
public sealed partial class SeccompFlagTests(RootFs root) : IClassFixture<RootFs>
{
    private const string Wait = "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV";

    [GeneratedRegex(@"seccomp\(SECCOMP_SET_MODE_FILTER, ([A-Z_|0-9]+), \{len=\d+, filter=0x[0-9a-f]+\}\) += (\d+)")]
    private static partial Regex Installation { get; }

    private Bundle WithFlags(string? flags, string script, string action = "SCMP_ACT_ERRNO")
    {
        var bundle = new Bundle(root, script);
        var seccomp = new JsonObject
        {
            ["defaultAction"] = "SCMP_ACT_ALLOW",
            ["syscalls"] = new JsonArray(new JsonObject { ["names"] = new JsonArray("mkdir"), ["action"] = action }),
        };
        if (flags is not null)
            seccomp["flags"] = JsonNode.Parse(flags);
        if (action == "SCMP_ACT_NOTIFY")
            seccomp["listenerPath"] = bundle["agent"];
        bundle.Config["linux"]!["seccomp"] = seccomp;
        bundle.Save();
        return bundle;
    }

    /// <summary>The flags of the one filter that the command installs.</summary>
    private static string Installed(Bundle bundle, params string[] args)
    {
        string log = bundle["strace"];
        Command.Run(["strace", "-f", "-qq", "-e", "signal=none", "-e", "trace=seccomp", "-o", log, .. bundle.CommandLine(args)]).Ok();
        return Assert.Single(Installation.Matches(File.ReadAllText(log))).Groups[1].Value;
    }

    [Theory]
    [InlineData(null, "0")]
    [InlineData("[]", "0")]
    [InlineData("""["SECCOMP_FILTER_FLAG_LOG"]""", "SECCOMP_FILTER_FLAG_LOG")]
    [InlineData("""["SECCOMP_FILTER_FLAG_SPEC_ALLOW","SECCOMP_FILTER_FLAG_LOG"]""", "SECCOMP_FILTER_FLAG_LOG|SECCOMP_FILTER_FLAG_SPEC_ALLOW")]
    // There is one thread, and with a listener the kernel would refuse it.
    [InlineData("""["SECCOMP_FILTER_FLAG_TSYNC"]""", "0")]
    // Means nothing without a listener, and the kernel refuses it then.
    [InlineData("[\"" + Wait + "\",\"SECCOMP_FILTER_FLAG_LOG\"]", "SECCOMP_FILTER_FLAG_LOG")]
    public void FlagsAreThoseListed(string? flags, string expected)
    {
        using Bundle ending = WithFlags(flags, "true");
        Assert.Equal(expected, Installed(ending, "run", "--bundle", ending.Path, ending.Id));
        // strace would stay with what a detached run leaves.
        using Bundle living = WithFlags(flags, "sleep 100");
        living.Detached("run", "-d", "--bundle", living.Path, living.Id).Ok();
        Assert.Equal(expected, Installed(living, "exec", living.Id, "/bin/true"));
    }

    [Fact]
    public async Task AListenerAddsItsFlagAndKeepsTheWait()
    {
        using Bundle bundle = WithFlags($"[\"{Wait}\",\"SECCOMP_FILTER_FLAG_TSYNC\"]", "true", "SCMP_ACT_NOTIFY");
        using var listener = new FdListener(bundle["agent"]);
        Task<(int Descriptor, string Text)> agent = Task.Run(listener.Receive);
        Assert.Equal("SECCOMP_FILTER_FLAG_NEW_LISTENER|" + Wait, Installed(bundle, "run", "--bundle", bundle.Path, bundle.Id));
        using var file = new SafeFileHandle((await agent.WaitAsync(Command.Limit, TestContext.Current.CancellationToken)).Descriptor, ownsHandle: true);
    }
}
