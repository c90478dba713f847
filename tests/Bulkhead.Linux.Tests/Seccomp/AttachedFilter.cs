using System.Globalization;
using System.IO;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;

namespace Bulkhead.Linux.Tests.Seccomp;

/// <summary>The filter that a runtime really attaches: a container is started under it, and it is read back by ptrace(2).</summary>
internal static class AttachedFilter
{
    // crun takes hybrid cgroups for v2 and refuses them when it sees this file: hidden from all runtimes alike, in a mount namespace of their own.
    private const string WithoutHybrid = "f=/sys/fs/cgroup/unified/cgroup.controllers; [ ! -e $f ] || mount --bind /dev/null $f; exec \"$0\" \"$@\"";

    // The container keeps create's output open: files stand for it, so that nobody waits for the end of a pipe.
    private const string Detached = "out=$1; shift; exec \"$0\" \"$@\" >$out 2>&1 </dev/null";

    private static readonly NativeTool s_dump = new("filter-dump");

    /// <param name="runtime">An OCI runtime's program.</param>
    /// <param name="seccomp">linux.seccomp of its configuration.</param>
    public static byte[] Of(string runtime, JsonNode seccomp)
    {
        using var folder = new TempFolder("af");
        BusyboxImage.MakeRootFileSystem(folder.Make("rootfs"));
        Command.Run("runc", "spec", "--bundle", folder.FullPath).Ok();
        JsonObject config = JsonNode.Parse(File.ReadAllText(folder["config.json"]))!.AsObject();
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = new JsonArray("/bin/sleep", "1000");
        config["linux"]!["cgroupsPath"] = "/" + folder.Name;
        config["linux"]!["seccomp"] = seccomp.DeepClone();
        folder.Write("config.json", config.ToJsonString());
        string[] oci = ["unshare", "-m", "--propagation", "private", "/bin/sh", "-c", WithoutHybrid, runtime, "--root", folder["state"]];
        string output = folder["create.out"];
        try
        {
            Outcome created = Command.Run(["/bin/sh", "-c", Detached, oci[0], output, .. oci[1..], "create", "--bundle", folder.FullPath, "--pid-file", folder["pid"], folder.Name]);
            Assert.True(created.ExitCode == 0, $"{created} {File.ReadAllText(output)}");
            Command.Run([.. oci, "start", folder.Name]).Ok();
            return Dump(int.Parse(File.ReadAllText(folder["pid"]), CultureInfo.InvariantCulture));
        }
        finally
        {
            Command.Run([.. oci, "delete", "--force", folder.Name]).Ok();
        }
    }

    private static byte[] Dump(int pid)
    {
        // The filter may be installed last of all, right before the program is executed.
        Poll.Until("the container's program", () => File.ReadAllText($"/proc/{pid}/comm") == "sleep\n");
        Assert.Contains("Seccomp_filters:\t1", File.ReadLines($"/proc/{pid}/status"));
        (int status, byte[] filter, string error) = s_dump.Run([], pid.ToString(CultureInfo.InvariantCulture));
        Assert.True(status == 0, error);
        return filter;
    }
}
