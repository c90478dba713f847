using System;
using System.IO;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Bulkhead.TestSupport;

namespace Bulkhead.Conformance;

/// <summary>
/// The annotation dev.bulkhead.landlock, by what a process can do: nothing shows a domain in /proc. Each with a control without it, through
/// the first process and through exec. The root is remounted writable behind the container's back, so that landlock alone stands in the way.
/// </summary>
public class LandlockTests(RootFs root) : IClassFixture<RootFs>
{
    private const string Annotation = """{"annotations":{"dev.bulkhead.landlock":"default"}}""";
    private const string Wait = "while [ ! -e /data/go ]; do sleep 0.05; done; ";

    private Bundle Living(bool landlock, string script, string patch = "{}")
    {
        var bundle = new Bundle(root, script, landlock ? Annotation : "{}");
        Directory.CreateDirectory(bundle["data"]);
        File.WriteAllText(bundle["file"], "");
        JsonArray mounts = bundle.Config["mounts"]!.AsArray();
        mounts.Add(Bind("/data", bundle["data"]));
        Directory.CreateDirectory(bundle["data"] + "/nested/here");
        mounts.Add(Bind("/data/nested/here", bundle["data"]));
        mounts.Add(Bind("/etc/one-file", bundle["file"]));
        mounts.Add(Bind("/etc/node", "/dev/null"));
        mounts.Add(Bind("/srv", bundle["data"], "ro"));
        mounts.Add(new JsonObject { ["destination"] = "/tmp", ["type"] = "tmpfs", ["source"] = "tmpfs" });
        foreach (string set in (string[])["bounding", "effective", "permitted"])
            bundle.Config["process"]!["capabilities"]![set]!.AsArray().Add("CAP_MKNOD");
        foreach ((string name, JsonNode? value) in JsonNode.Parse(patch)!.AsObject())
            bundle.Config["process"]![name] = value!.DeepClone();
        bundle.Save();
        try
        {
            bundle.Detached("run", "-d", "--bundle", bundle.Path, bundle.Id).Ok();
            // As someone would who broke the mounts' wall: the mount is writable again, for all in its namespace.
            Command.Run("nsenter", "-t", $"{bundle.Pid}", "-m", "-p", "/bin/mount", "-o", "remount,bind,rw", "/").Ok();
        }
        catch
        {
            bundle.Dispose();
            throw;
        }
        return bundle;
    }

    private static JsonObject Bind(string destination, string source, string mode = "rw") => new()
    {
        ["destination"] = destination,
        ["type"] = "none",
        ["source"] = source,
        ["options"] = new JsonArray("bind", mode),
    };

    /// <summary>What the script says by the first process, and by exec.</summary>
    private (string ByInit, string ByExec) Both(bool landlock, string script, string patch = "{}")
    {
        using Bundle bundle = Living(landlock, Wait + $"({script}) 2>&1; rm /data/go; sleep 100", patch);
        Outcome exec = bundle.Run("exec", bundle.Id, "/bin/sh", "-c", $"({script}) 2>&1");
        File.WriteAllText(bundle["data"] + "/go", "");
        Poll.Until("the first process", () => !File.Exists(bundle["data"] + "/go"));
        return (bundle.Output.TrimEnd('\n'), exec.Out.TrimEnd('\n'));
    }

    private void Holds(string script, string without, string with, string patch = "{}")
    {
        Assert.Equal((without, without), Both(landlock: false, script, patch));
        Assert.Equal((with, with), Both(landlock: true, script, patch));
    }

    [Fact]
    public void WritesEndAtWritableMounts() =>
        Holds("touch /etc/new && echo made; echo >>/etc/group && echo written; mkdir /etc/dir && echo made; rm -r /etc/new /etc/dir",
            "made\nwritten\nmade",
            "touch: /etc/new: Permission denied\n/bin/sh: can't create /etc/group: Permission denied\nmkdir: can't create directory '/etc/dir': Permission denied\nrm: can't remove '/etc/new': No such file or directory\nrm: can't remove '/etc/dir': No such file or directory");

    [Fact]
    public void WritableMountsStayWritable()
    {
        const string Script = "for d in /data /tmp /dev/shm; do mkdir -p $d/a $d/b && echo x >$d/a/f && ln $d/a/f $d/b/g && mv $d/a/f $d/b/h && ln -s h $d/b/l && mkfifo $d/p && truncate -s 0 $d/b/h && rm -r $d/a $d/b $d/p && echo $d; done; "
            + "echo >/etc/one-file && echo file; echo >/dev/null && echo null; echo x >/proc/self/comm && cat /proc/self/comm; sh -c true && id -u";
        const string All = "/data\n/tmp\n/dev/shm\nfile\nnull\ncat\n0";
        Holds(Script, All, All);
    }

    [Fact]
    public void NoDeviceNodesAndNoRequestsToDevicesOutsideDev()
    {
        string? instead = root.Instead("LandlockTests.NoDeviceNodesAndNoRequestsToDevicesOutsideDev");
        string made = instead is null ? "made" : "mknod: /data/n: " + instead, asked = instead is null ? "Permission denied" : "Inappropriate ioctl for device";
        Holds("mknod /data/n c 1 3 && rm /data/n && echo made; stty -F /etc/node; echo >/etc/node && echo written",
            made + "\nstty: /etc/node: Inappropriate ioctl for device\nwritten", $"mknod: /data/n: {instead ?? "Permission denied"}\nstty: /etc/node: {asked}\nwritten");
    }

    /// <summary>Without no_new_privs the kernel wants CAP_SYS_ADMIN for it, which the process does not have.</summary>
    [Fact]
    public void WithoutNoNewPrivilegesTheCapabilitiesAreTheSame() =>
        Holds("touch /etc/new 2>/dev/null && rm /etc/new && echo made; grep -E 'CapEff|NoNewPrivs' /proc/self/status",
            "made\nCapEff:\t0000000028000420\nNoNewPrivs:\t0", "CapEff:\t0000000028000420\nNoNewPrivs:\t0", """{"noNewPrivileges":false}""");

    /// <summary>A domain is narrower than a container: scoped signals would part exec from the first process.</summary>
    [Fact]
    public void ExecCanSignalTheFirstProcess()
    {
        using Bundle bundle = Living(landlock: true, "trap 'touch /data/got' USR1; touch /data/ready; while :; do sleep 0.05; done");
        Poll.Until("the trap", () => File.Exists(bundle["data"] + "/ready"));
        bundle.Run("exec", bundle.Id, "/bin/kill", "-USR1", "1").Ok();
        Poll.Until("the signal", () => File.Exists(bundle["data"] + "/got"));
    }

    /// <summary>On the host's network the host's abstract sockets are in reach (CVE-2020-15257): of these the domain is the only wall.</summary>
    [Theory]
    [InlineData(false, "connected")]
    [InlineData(true, "Operation not permitted")]
    public void AbstractSocketsOfTheHostsNetwork(bool landlock, string said)
    {
        using var bundle = new Bundle(root, "/data/client " + Environment.ProcessId, landlock ? Annotation : "{}");
        Directory.CreateDirectory(bundle["data"]);
        File.WriteAllText(bundle["client.c"], """
            #include <stdio.h>
            #include <sys/socket.h>
            #include <sys/un.h>
            int main(int argc, char **argv)
            {
                struct sockaddr_un a = { AF_UNIX };
                int n = snprintf(a.sun_path + 1, 100, "bulkhead-landlock-%s", argv[1]);
                if (connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&a, sizeof a.sun_family + 1 + n) == 0)
                    puts("connected");
                else
                    printf("%m\n");
                return argc - 2;
            }
            """);
        Command.Run("gcc", "-static", "-o", bundle["data"] + "/client", bundle["client.c"]).Ok();
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint($"\0bulkhead-landlock-{Environment.ProcessId}"));
        listener.Listen();
        bundle.Config["mounts"]!.AsArray().Add(Bind("/data", bundle["data"]));
        JsonArray namespaces = bundle.Config["linux"]!["namespaces"]!.AsArray();
        for (int i = namespaces.Count - 1; i >= 0; i--)
        {
            if ((string)namespaces[i]!["type"]! == "network")
                namespaces.RemoveAt(i);
        }
        bundle.Save();
        if (root.Instead("LandlockTests.AbstractSocketsOfTheHostsNetwork") is { } word)
            bundle.IsRefused(word, bundle.RunToEnd());
        else
            Assert.Equal(said, bundle.RunToEnd().Ok());
    }

    /// <summary>The way to a nested mount lies in a folder that the container may change: a link there must not get the mount's rights.</summary>
    [Fact]
    public void ALinkInTheWayOfAMountGetsNoRights()
    {
        using Bundle bundle = Living(landlock: true, "sleep 100");
        bundle.Run("exec", bundle.Id, "/bin/sh", "-c", "mv /data/nested /data/moved && mkdir /data/nested && ln -s /etc /data/nested/here").Ok();
        Outcome exec = bundle.Run("exec", bundle.Id, "/bin/sh", "-c", "touch /data/moved/here/file && ls /data/nested/here/group && touch /etc/new");
        Assert.Equal(("/data/nested/here/group\n", "touch: /etc/new: Permission denied\n"), (exec.Out, exec.Err));
    }

    [Fact]
    public void AnotherValueIsRefused()
    {
        using var bundle = new Bundle(root, "true", """{"annotations":{"dev.bulkhead.landlock":"strict"}}""");
        Assert.Contains("\"strict\" is not known", bundle.RunToEnd().Exits(1), StringComparison.Ordinal);
    }
}
