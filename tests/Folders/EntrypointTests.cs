using System;
using System.Linq;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.Folders;

/// <summary>Each row of docs/entrypoints.md, with the real server and a client.</summary>
public sealed class EntrypointTests
{
    private static readonly Lazy<string> s_root = new(() => Command.Run(Repository.Root + "/eng/make-rootfs.sh", "entrypoints").Ok().Trim());

    public static TheoryData<string> Rows => [.. Entrypoints.All.Select(row => row.Name)];

    [Theory]
    [MemberData(nameof(Rows))]
    public void AnEntrypoint(string name)
    {
        Entrypoint row = Entrypoints.All.Single(one => one.Name == name);
        string folder = Host.MakeFolder("ext4", "1234:2345"), container = "entry" + folder[^32..];
        try
        {
            // What nginx shows; in the way of no server.
            Host.Shell($"[ {row.Script} != nginx.sh ] || {{ echo page >{folder}/page; chown 1234:2345 {folder}/page; }}").Ok();
            string[] flags = row.Flags.Replace("@D", folder, StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries);
            string[] words = [.. row.Command.Split(' ').Select(word => word.Replace('\u00a0', ' '))];
            string script = $"{Repository.Root}/tests/Folders/Entrypoints/{row.Script}:/entrypoint.sh:ro";
            Host.Bulkhead(["run", "-d", "--name", container, "--rootfs", s_root.Value, "-v", script, .. flags, "/entrypoint.sh", .. words]).Ok();
            if (row.Wanted is null)
                GivesUp(row, container);
            else
                Works(row, container, folder);
        }
        finally
        {
            Host.Bulkhead("rm", "-f", container).Ok();
            Host.Shell("rm -rf " + folder).Ok();
        }
    }

    [Fact]
    public void TheTableIsWhatTheTestsTry() => DocumentTests.Holds("entrypoints.md",
        "| Entrypoint | Flags | |\n|---|---|---|\n" + string.Concat(Entrypoints.All.Select(row => $"| {row.Name} | {(row.Shown.Length > 0 ? $"`{row.Shown}`" : "")} | {(row.Wanted is null ? "fails: " : "")}{row.Says} |\n")));

    private static void Works(Entrypoint row, string container, string folder)
    {
        string state = "";
        Poll.Until("the server", () => Inside(container, row.Ready).ExitCode == 0 || (state = Status(container)) != "running");
        Assert.True(state is "" or "running", Logs(container));
        Assert.Equal(row.Wanted, Inside(container, row.Work).Ok());
        if (row.Kept is null)
            return;
        Host.Bulkhead("stop", container).Ok();
        Assert.Equal("1234:2345", Host.Shell($"stat -c %u:%g {folder}/{row.Kept}; find {folder} \\( ! -uid 1234 -o ! -gid 2345 \\)").Ok());
    }

    private static void GivesUp(Entrypoint row, string container)
    {
        Assert.NotEqual("0", Host.Bulkhead("wait", container).Ok());
        Assert.Contains(row.Error, Logs(container), StringComparison.Ordinal);
    }

    private static Outcome Inside(string container, string script) => Host.Bulkhead("exec", container, "/bin/sh", "-c", script);

    private static string Status(string container)
    {
        using JsonDocument document = JsonDocument.Parse(Host.Bulkhead("inspect", container).Ok());
        return document.RootElement[0].GetProperty("State").GetProperty("Status").GetString()!;
    }

    private static string Logs(string container) => Host.Bulkhead("logs", container) is var said ? said.Out + said.Err : "";
}
