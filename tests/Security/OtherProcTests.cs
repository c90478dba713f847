using System;
using System.Text.Json.Nodes;

namespace Bulkhead.Security;

/// <summary>By another name than /proc the host's procfs would lead a guest of the user kernel to the kernel process's own memory (/proc/self/mem).</summary>
public sealed class OtherProcTests
{
    private static readonly string Root = Rootfs.Make("other-proc");

    [Theory]
    [InlineData("{ \"destination\": \"/mnt\", \"type\": \"proc\", \"source\": \"proc\" }")]
    [InlineData("{ \"destination\": \"/mnt\", \"type\": \"bind\", \"source\": \"/proc\", \"options\": [\"rbind\"] }")]
    [InlineData("{ \"destination\": \"/proc\", \"type\": \"bind\", \"source\": \"/proc/self\", \"options\": [\"bind\"] }")]
    public void It_is_refused_by_name(string mount)
    {
        JsonObject config = With(mount, "/bin/busybox", "true");
        using var container = new Container(config) { Tier = Tier.UserKernel };

        Said said = container.Run();

        Assert.True(said.Status != 0 && said.All.Contains("isolation userkernel: $.mounts: ", StringComparison.Ordinal), said.ToString());
    }

    /// <summary>What lies below a folder of the host that is mounted with all its mounts.</summary>
    [Theory]
    [InlineData(Tier.Hardened, true)]
    [InlineData(Tier.UserKernel, false)]
    public void Below_a_volume_its_files_do_not_open(Tier tier, bool opens)
    {
        string[] script = ["/bin/sh", "-c", "for f in version self/mem self/maps 1/maps; do busybox head -c 1 /mnt/proc/$f >/dev/null 2>&1 && echo opened $f; done; busybox head -c 1 /mnt/etc/passwd | busybox wc -c"];
        using var container = new Container(With("{ \"destination\": \"/mnt\", \"type\": \"bind\", \"source\": \"/\", \"options\": [\"rbind\", \"ro\"] }", script)) { Tier = tier };

        string output = container.Run().MustSucceed().Output;

        Assert.Equal(opens, output.Contains("opened", StringComparison.Ordinal));
        Assert.EndsWith("1\n", output, StringComparison.Ordinal);
    }

    private static JsonObject With(string mount, params string[] command)
    {
        JsonObject config = Config.Profile(command);
        config["root"]!["path"] = Root;
        config["mounts"]!.AsArray().Add(JsonNode.Parse(mount));
        return config;
    }
}
