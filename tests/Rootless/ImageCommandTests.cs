using System;
using System.Globalization;
using System.IO;
using System.Text.Json;
using Bulkhead.TestSupport;

namespace Bulkhead.Rootless;

/// <summary>Each command about images by a plain user, with a real registry.</summary>
public sealed class ImageCommandTests : IDisposable
{
    private readonly RegistryDaemon _registry = new();
    private readonly BusyboxImage _made = new();
    private readonly string _archive;

    public ImageCommandTests()
    {
        _archive = Path.GetDirectoryName(_made.ShellArchive)!;
        Command.Run("chmod", "755", _archive).Ok();
        Command.Run("skopeo", "copy", "-q", "--dest-tls-verify=false", "docker-archive:" + _made.ShellArchive, "docker://" + Image).Ok();
    }

    private string Image => _registry.Host + "/tool:1";

    public void Dispose()
    {
        _registry.Dispose();
        _made.Dispose();
    }

    private static string Run(Person person, string image, string script, params string[] flags) => person.Type(["run", "--rm", "-q", .. flags, image, "/bin/sh", "-c", script]).Ok();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AnImageComesRunsAndGoes(bool helpers)
    {
        using var person = new Person(helpers);
        person.Type("pull", Image).Ok();
        Assert.Equal("65532", Run(person, Image, "id -u"));
        Assert.Equal(Image, person.Type("images", "--format", "{{.Repository}}:{{.Tag}}").Ok());
        person.Type("tag", Image, "localhost/mine:2").Ok();
        Assert.Contains("localhost/mine", person.Type("images").Ok(), StringComparison.Ordinal);
        Assert.Equal("/bin/sh", JsonDocument.Parse(person.Type("image", "inspect", "localhost/mine:2").Ok()).RootElement[0].GetProperty("Config").GetProperty("Cmd")[0].GetString());
        person.Type("history", Image).Ok();
        string folder = person.Folder("out");
        foreach (string format in (string[])["docker-archive", "oci-archive"])
        {
            person.Type("save", "--format", format, "-o", $"{folder}/{format}", "localhost/mine:2").Ok();
            Assert.Equal("localhost/mine:2", person.Type("load", "-i", $"{folder}/{format}").Ok().Split(": ")[1]);
        }
        person.Type("tag", Image, _registry.Host + "/pushed:1").Ok();
        person.Type("push", _registry.Host + "/pushed:1").Ok();
        Command.Run("skopeo", "inspect", "--tls-verify=false", $"docker://{_registry.Host}/pushed:1").Ok();
        person.Type("rmi", _registry.Host + "/pushed:1", "localhost/mine:2", Image).Ok();
        Assert.Equal("run", Run(person, Image, "echo run", "--pull", "always"));
        person.Type("rmi", Image).Ok();
        person.Type("image", "prune", "-af").Ok();
        Assert.Contains("Images", person.Type("system", "df").Ok(), StringComparison.Ordinal);
        string data = person.Home + "/.local/share/bulkhead";
        Assert.Equal("700", Command.Run("stat", "-c", "%a", data + "/images").Ok());
        Assert.Empty(Directory.GetFileSystemEntries(data + "/images/layers"));
        Assert.Empty(Directory.GetFileSystemEntries(data + "/images/blobs/sha256"));
    }

    /// <summary>commit and export say what the container shows: its own ids, not those on the disk.</summary>
    [Theory]
    [InlineData(true, "--as-root", "7:8", "7 8")]
    [InlineData(true, "--user=app", "1000:1000", "1000 1000")]
    [InlineData(false, "--user=app", "1000:1000", "1000 1000")]
    public void CommitImportAndExport(bool helpers, string user, string owner, string shown)
    {
        using var person = new Person(helpers);
        person.Type("pull", "-q", Image).Ok();
        person.Type("run", "-d", "--name", "work", "--writable", user, Image, "/bin/sh", "-c",
            $"mkdir -m 700 /opt; echo new >/opt/file; chown {owner} /opt /opt/file; rm /etc/group; touch /tmp/done; sleep 1000").Ok();
        Poll.Until("the changes", () => person.Type("exec", "work", "/bin/test", "-e", "/tmp/done").ExitCode == 0);
        string folder = person.Folder("out");
        foreach (string state in (string[])["running", "stopped"])
        {
            if (state == "stopped")
                person.Type("stop", "-t", "0", "work").Ok();
            string image = "localhost/" + state + ":1";
            Outcome commit = person.Type("commit", "work", image);
            Assert.Equal((0, state == "running"), (commit.ExitCode, commit.Err.Contains("container work runs on meanwhile, as it cannot be paused: ", StringComparison.Ordinal)));
            Assert.Equal("new gone", Run(person, image, "echo $(cat /opt/file) $(test -e /etc/group || echo gone)"));
            // What others get of it has the container's ids.
            person.Type("save", "--format", "oci-archive", "-o", $"{folder}/{state}.oci", image).Ok();
            Assert.Equal(shown, OwnerIn($"{folder}/{state}.oci", "opt/file"));
            person.Type("export", "-o", $"{folder}/{state}.tar", "work").Ok();
            Assert.Contains(shown.Replace(' ', '/') + " ", Command.Run("sh", "-c", $"tar --numeric-owner -tvf {folder}/{state}.tar | grep opt/file").Ok(), StringComparison.Ordinal);
            person.Type("import", $"{folder}/{state}.tar", $"localhost/imported-{state}:1").Ok();
            Assert.Equal("new", Run(person, $"localhost/imported-{state}:1", "cat /opt/file"));
        }
        Assert.Equal("", Command.Run("find", person.Home + "/.local/share/bulkhead/images", "!", "-uid", PlainUser.Uid.ToString(CultureInfo.InvariantCulture)).Ok());
        Assert.Equal("D /etc/group", person.Type("diff", "work").Ok().Split('\n')[1]);
    }

    private static string OwnerIn(string archive, string file)
    {
        using var folder = new TempFolder("ro");
        Command.Run("skopeo", "copy", "-q", "oci-archive:" + archive, "dir:" + folder["image"]).Ok();
        return Command.Run("sh", "-c", $"for f in {folder["image"]}/*; do tar --numeric-owner -tvzf $f {file} 2>/dev/null || tar --numeric-owner -tvf $f {file} 2>/dev/null; done | tr -s ' ' | cut -d ' ' -f 2 | tr / ' '").Ok();
    }

    /// <summary>Also where the user makes a policy: it begins with the machine's.</summary>
    [Fact]
    public void TheMachinesTrustHoldsUntilTheUserChangesIt()
    {
        using var person = new Person();
        // A policy for this process's children only: the folder is another one in a mount namespace.
        const string Strict = "mount -t tmpfs none /etc/containers && echo '{\"default\":[{\"type\":\"reject\"}]}' >/etc/containers/policy.json && exec \"$@\"";
        Outcome Type(params string[] words) => Command.Run(["unshare", "--mount", "sh", "-c", Strict, "sh", .. person.As([PlainUser.Programs + "/bulkhead", .. words])]);
        Assert.Contains("refused", Type("pull", Image).Fails(), StringComparison.Ordinal);
        string folder = person.Folder("keys");
        Command.Run("openssl", "genpkey", "-algorithm", "ED25519", "-out", folder + "/key").Ok();
        Command.Run("openssl", "pkey", "-in", folder + "/key", "-pubout", "-out", folder + "/key.pub").Ok();
        Type("trust", "add", "registry.example", folder + "/key.pub").Ok();
        Assert.Contains("refused", person.Type("pull", Image).Fails(), StringComparison.Ordinal);
        person.Type("trust", "require", "--off").Ok();
        person.Type("pull", "-q", Image).Ok();
    }

    [Fact]
    public void TrustIsTheUsersOwn()
    {
        using var person = new Person();
        string folder = person.Folder("keys");
        Command.Run("openssl", "genpkey", "-algorithm", "ED25519", "-out", folder + "/key").Ok();
        Command.Run("openssl", "pkey", "-in", folder + "/key", "-pubout", "-out", folder + "/key.pub").Ok();
        Command.Run("chmod", "644", folder + "/key").Ok();
        person.Type("trust", "add", _registry.Host, folder + "/key.pub").Ok();
        Assert.True(File.Exists(person.Home + "/.config/bulkhead/trust/policy.json"));
        Assert.Contains("wants a signature of a key that it names", person.Type("run", "--rm", Image).Exits(125), StringComparison.Ordinal);
        person.Type("sign", "--key", folder + "/key", Image).Ok();
        Assert.Equal("signed", Run(person, Image, "echo signed"));
        Assert.Contains(_registry.Host, person.Type("trust", "list").Ok(), StringComparison.Ordinal);
        person.Type("trust", "require").Ok();
        person.Type("trust", "remove", _registry.Host).Ok();
        Assert.Contains("refused", person.Type("run", "--rm", Image).Exits(125), StringComparison.Ordinal);
        Assert.Equal("loose", Run(person, Image, "echo loose", "--allow-unsigned"));
    }
}
