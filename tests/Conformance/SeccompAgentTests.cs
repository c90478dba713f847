using System;
using System.IO;
using System.Text.Json.Nodes;
using System.Threading.Tasks;
using Bulkhead.TestSupport;
using Microsoft.Win32.SafeHandles;

namespace Bulkhead.Conformance;

/// <summary>SCMP_ACT_NOTIFY: an agent gets the listener and the containerProcessState, and its answer is what the process sees.</summary>
public sealed class SeccompAgentTests(RootFs root) : IClassFixture<RootFs>
{
    private const int ENOSPC = 28, SysMkdir = 83, SysMkdirat = 258;
    private const string Make = "mkdir /tmp/x 2>&1";
    private const string Refused = "mkdir: can't create directory '/tmp/x': No space left on device";

    private Bundle Notifying(string script)
    {
        var bundle = new Bundle(root, script);
        bundle.Config["linux"]!["seccomp"] = JsonNode.Parse("""
            {"defaultAction":"SCMP_ACT_ALLOW","listenerMetadata":"word","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_NOTIFY"}]}
            """);
        bundle.Config["linux"]!["seccomp"]!["listenerPath"] = bundle["agent"];
        bundle.Save();
        return bundle;
    }

    /// <summary>Takes one listener, answers one notification; returns the document.</summary>
    private static Task<JsonNode> Agent(FdListener listener) => Task.Run(() =>
    {
        (int descriptor, string text) = listener.Receive();
        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        int number = Linux.AnswerNotification(descriptor, ENOSPC);
        Assert.True(number is SysMkdir or SysMkdirat, $"system call {number}");
        return JsonNode.Parse(text)!;
    });

    private static async Task<JsonNode> Checked(Bundle bundle, Task<JsonNode> agent)
    {
        JsonNode document = await agent.WaitAsync(Command.Limit);
        Assert.Equal("""["seccompFd"]""", document["fds"]!.ToJsonString());
        Assert.Equal("word", (string)document["metadata"]!);
        Assert.NotNull(document["ociVersion"]);
        Assert.Equal(bundle.Id, (string)document["state"]!["id"]!);
        Assert.Equal(bundle.Path, (string)document["state"]!["bundle"]!);
        return document;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CreatedAndStarted(bool noNewPrivileges)
    {
        using Bundle bundle = Notifying(Make + "; sleep 100");
        bundle.Config["process"]!["noNewPrivileges"] = noNewPrivileges;
        bundle.Save();
        using var listener = new FdListener(bundle["agent"]);
        Task<JsonNode> agent = Agent(listener);
        bundle.Create().Ok();
        Assert.Equal("created", bundle.Status);
        bundle.Start().Ok();
        JsonNode document = await Checked(bundle, agent);
        Assert.Equal(bundle.Pid, (int)document["pid"]!);
        Assert.Equal("creating", (string)document["state"]!["status"]!);
        Poll.Until("the refusal", () => bundle.Output.Contains(Refused, StringComparison.Ordinal));
    }

    [Fact]
    public async Task RunAtOnce()
    {
        using Bundle bundle = Notifying(Make);
        using var listener = new FdListener(bundle["agent"]);
        Task<JsonNode> agent = Agent(listener);
        Assert.Contains(Refused, bundle.RunToEnd().Out, StringComparison.Ordinal);
        await Checked(bundle, agent);
    }

    [Fact]
    public async Task ExecHasAListenerOfItsOwn()
    {
        using Bundle bundle = Notifying("sleep 100");
        using var listener = new FdListener(bundle["agent"]);
        Task<(int Descriptor, string Text)> first = Task.Run(listener.Receive);
        bundle.Detached("run", "-d", "--bundle", bundle.Path, bundle.Id).Ok();
        using var file = new SafeFileHandle((await first).Descriptor, ownsHandle: true);
        Task<JsonNode> agent = Agent(listener);
        Assert.Contains(Refused, bundle.Run("exec", bundle.Id, "/bin/sh", "-c", Make).Out, StringComparison.Ordinal);
        JsonNode document = await Checked(bundle, agent);
        Assert.NotEqual(bundle.Pid, (int)document["pid"]!);
        Assert.Equal(bundle.Pid, (int)document["state"]!["pid"]!);
    }

    [Fact]
    public void WithoutAnAgentCreateFails()
    {
        using Bundle bundle = Notifying("true");
        Assert.Contains(bundle["agent"], bundle.Create().Exits(1), StringComparison.Ordinal);
        Assert.Contains("does not exist", bundle.Run("state", bundle.Id).Exits(1), StringComparison.Ordinal);
        Assert.False(Directory.Exists("/sys/fs/cgroup/pids/" + bundle.Id));
    }
}
