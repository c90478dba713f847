using System;
using System.IO;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;

namespace Bulkhead.Conformance;

/// <summary>Namespaces by path: a second container joins those of a first.</summary>
public class JoinTests(RootFs root) : IClassFixture<RootFs>
{
    private const string UserNamespace = """{"linux":{"namespaces+":[{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":100000,"size":65536}],"gidMappings":[{"containerID":0,"hostID":100000,"size":65536}]}}""";
    private const string TimeNamespace = """{"linux":{"namespaces+":[{"type":"time"}],"timeOffsets":{"boottime":{"secs":100000000,"nanosecs":0}}}}""";

    private static string Name(string type) => type == "network" ? "net" : type;

    private static Bundle Running(Bundle bundle)
    {
        bundle.Detached("run", "-d", "--bundle", bundle.Path, bundle.Id).Ok();
        return bundle;
    }

    private static void Join(Bundle bundle, string type, string path)
    {
        JsonArray list = bundle.Config["linux"]!["namespaces"]!.AsArray();
        for (int i = list.Count - 1; i >= 0; i--)
        {
            if ((string)list[i]!["type"]! == type)
                list.RemoveAt(i);
        }
        list.Add(new JsonObject { ["type"] = type, ["path"] = path });
        bundle.Save();
    }

    [Theory]
    [InlineData("network")]
    [InlineData("ipc")]
    [InlineData("uts")]
    [InlineData("pid")]
    [InlineData("time", TimeNamespace)]
    [InlineData("network,ipc,uts,pid")]
    [InlineData("user,network", UserNamespace)]
    [InlineData("user,network,ipc,uts,pid", UserNamespace)]
    public void TheSecondIsInTheNamespacesOfTheFirst(string types, string patch = "{}")
    {
        using Bundle first = Running(new Bundle(root, "sleep 100", patch));
        string[] list = types.Split(',');
        string files = string.Join(' ', Array.ConvertAll(list, t => "/proc/self/ns/" + Name(t)));
        using var second = new Bundle(root, $"for i in {files}; do readlink $i; done");
        foreach (string type in list)
            Join(second, type, $"/proc/{first.Pid}/ns/{Name(type)}");
        if (root.Instead("JoinTests.TheSecondIsInTheNamespacesOfTheFirst") is { } word)
        {
            IsTakenOrRefused(second, list, word);
            return;
        }
        string expected = string.Join('\n', Array.ConvertAll(list, t => Command.Run("readlink", $"/proc/{first.Pid}/ns/{Name(t)}").Ok()));
        Assert.Equal(expected, second.RunToEnd().Ok());
    }

    /// <summary>On a kernel of its own: what would be a hole is refused, what means less there is told.</summary>
    private static void IsTakenOrRefused(Bundle second, string[] types, string word)
    {
        Outcome outcome = second.RunToEnd();
        if (Array.IndexOf(types, "pid") >= 0)
        {
            second.IsRefused(word, outcome with { Err = outcome.Err.TrimEnd('\n').Split('\n')[^1] });
            return;
        }
        Assert.Equal(types.Length, outcome.Ok().Split('\n').Length);
        foreach (string type in (string[])["network", "ipc"])
            Assert.Equal(Array.IndexOf(types, type) >= 0, outcome.Err.Contains($"/ns/{Name(type)}: ", StringComparison.Ordinal));
    }

    [Fact]
    public void APidNamespaceIsForkedInto()
    {
        using Bundle first = Running(new Bundle(root, "sleep 100"));
        using var second = new Bundle(root, "[ $$ -gt 1 ] && tr '\\0' ' ' </proc/1/cmdline; sleep 100");
        Join(second, "pid", $"/proc/{first.Pid}/ns/pid");
        if (root.Instead("JoinTests.APidNamespaceIsForkedInto") is { } word)
        {
            second.IsRefused(word, second.Create());
            return;
        }
        Running(second);
        Poll.Until("the first's command line", () => second.Output.StartsWith("/bin/sh -c sleep 100", StringComparison.Ordinal) || second.Output.StartsWith("sleep 100", StringComparison.Ordinal));
        Assert.Equal("running", second.Status);
        Assert.Equal("5", second.Run("exec", second.Id, "/bin/sh", "-c", "echo 5").Ok());
    }

    [Fact]
    public void TimeOffsetsComeWithTheNamespace()
    {
        using Bundle first = Running(new Bundle(root, "sleep 100", TimeNamespace));
        using var second = new Bundle(root, "[ $(cut -d. -f1 /proc/uptime) -gt 100000000 ] && echo yes");
        Join(second, "time", $"/proc/{first.Pid}/ns/time");
        Assert.Equal("yes", second.RunToEnd().Ok());
    }

    [Fact]
    public void AnotherTypeOfFileIsRefusedByName()
    {
        using var bundle = new Bundle(root, "true");
        Join(bundle, "ipc", "/proc/self/ns/net");
        Assert.Contains("/proc/self/ns/net is not a ipc namespace", bundle.RunToEnd().Exits(1), StringComparison.Ordinal);
        File.WriteAllText(bundle["plain"], "");
        Join(bundle, "ipc", bundle["plain"]);
        Assert.Contains(bundle["plain"] + " is not a ipc namespace", bundle.RunToEnd().Exits(1), StringComparison.Ordinal);
        Join(bundle, "ipc", bundle["missing"]);
        Assert.Contains(bundle["missing"], bundle.RunToEnd().Exits(1), StringComparison.Ordinal);
    }
}
