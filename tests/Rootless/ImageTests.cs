using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json.Nodes;
using Bulkhead.ImageTests;
using Bulkhead.TestSupport;

namespace Bulkhead.Rootless;

/// <summary>Images of a plain user, with newuidmap and without: what a layer becomes, and whom it serves.</summary>
public sealed class ImageTests : IDisposable
{
    private const string Name = "registry.example/team/tool:1";

    private readonly TempFolder _folder = new("ri");

    public ImageTests() => Command.Run("chmod", "755", _folder.FullPath).Ok();

    public void Dispose() => _folder.Dispose();

    /// <summary>Busybox; above it what the test says.</summary>
    private Layout Base()
    {
        string root = _folder.Make("root");
        BusyboxImage.MakeRootFileSystem(root);
        return new Layout(_folder["layout"]).Add(root);
    }

    private static void Load(Person person, Layout layout)
    {
        layout.Finish(Name);
        Assert.Equal("Loaded image: " + Name, person.Type("load", "-i", layout.Folder).Ok());
    }

    private static string Run(Person person, string script, params string[] flags) => person.Type(["run", "--rm", .. flags, Name, "/bin/sh", "-c", script]).Ok();

    private static string Trees(Person person) => person.Home + "/.local/share/bulkhead/images/layers";

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhiteoutsAndOpaqueDirectoriesHideWhatIsBelow(bool helpers)
    {
        using var person = new Person(helpers);
        Layout layout = Base().Add(("opt/a/one", "1"), ("opt/a/two", "2"), ("opt/b/three", "3"), ("opt/gone", "x"));
        layout.Add(("opt/.wh.gone", ""), ("opt/a/.wh..wh..opq", ""), ("opt/a/new", "n"), ("opt/b/.wh.three", ""), ("opt/b/three/now", "a folder"));
        Load(person, layout);
        Assert.Equal("/opt/a/new\n/opt/b/three/now", Run(person, "find /opt -type f | sort"));
        Assert.Equal("made\n/opt/a/new\n/opt/b/three/now", Run(person, "echo made >/opt/made; cat /opt/made; rm /opt/made; find /opt -type f | sort", "--writable"));
        Assert.DoesNotContain("overlay", File.ReadAllText("/proc/self/mountinfo").Split('\n').Where(line => line.Contains(person.Home, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void WhatALayerHasIsThereButOwnersAndCapabilities(bool helpers)
    {
        using var person = new Person(helpers);
        string made = _folder.Make("made");
        Command.Run("sh", "-ec", $"""
            cd {made}; mkdir -m 755 opt; cd opt
            echo text >one; ln one two; ln -s one link; mkfifo pipe; mknod null c 1 3
            cp /bin/busybox busybox-suid; chmod 4755 busybox-suid; cp /bin/busybox cap; setcap cap_net_raw+ep cap
            echo 7 >owned; chown 7:8 owned; setfattr -n user.mine -v m owned; chmod 444 owned
            mkdir -m 0 shut; mkdir shut/below; chmod 500 shut/below; echo in >shut/below/file; mkdir -m 1777 sticky; mkdir -m 2755 group
            """).Ok();
        Load(person, Base().Add(made, "--xattrs", "--xattrs-include=*"));
        Assert.Equal("text 2 one fifo 4755 none", Run(person, "cd /opt; echo $(cat two) $(stat -c %h one) $(readlink link) $(stat -c %F pipe) $(stat -c %a busybox-suid) $(test -e null || echo none)"));
        // The user's own id stands behind the program's: so it owns all of them.
        Assert.Equal("65532:65532 444 0 1777 2755", Run(person, "cd /opt; echo $(stat -c %u:%g owned) $(stat -c %a owned) $(stat -c %a shut sticky group)"));
        // It may change the mode of what it owns, in a layer of its own.
        Assert.Equal("in", Run(person, "cd /opt; chmod 700 shut shut/below; cat shut/below/file", "--writable"));
        Assert.Equal("7 1000 CapEff:\t0000000000000000", Run(person, "echo $(cat /opt/owned) $(id -u); /opt/busybox-suid grep CapEff /proc/self/status", "-u", "app").Replace("\nCap", " Cap", StringComparison.Ordinal));
        string tree = Directory.GetDirectories(Trees(person)).Single(folder => File.Exists(folder + "/tree/opt/owned"));
        Assert.Equal("user.mine=\"m\"", Command.Run("getfattr", "-d", "-m", "-", "--absolute-names", tree + "/tree/opt/owned").Ok().Split('\n')[1]);
        Assert.Equal("", Command.Run("getcap", tree + "/tree/opt/cap").Ok());
        Assert.Equal("0\n500", Command.Run("stat", "-c", "%a", tree + "/tree/opt/shut", tree + "/tree/opt/shut/below").Ok());
        JsonNode lacks = JsonNode.Parse(File.ReadAllText(tree + "/layer.json"))!["leftOut"]!;
        Assert.Equal((1, 1), ((int)lacks["devices"]!, (int)lacks["attributes"]!));
        Assert.Equal("", Command.Run("find", Trees(person), "!", "-uid", PlainUser.Uid.ToString(CultureInfo.InvariantCulture)).Ok());
        // And all of it goes again, whatever its modes are.
        person.Type("rmi", Name).Ok();
        Assert.Empty(Directory.GetFileSystemEntries(Trees(person)));
    }

    /// <summary>With one id, another one, root and a range of ids at once: one tree on the disk.</summary>
    [Fact]
    public void OneUnpackedLayerServesEveryIdRange()
    {
        using var person = new Person();
        Layout layout = Base().Add(("opt/file", "shared"));
        layout.Config["User"] = "app";
        Load(person, layout);
        foreach ((string name, string[] flags, string seen) in (ReadOnlySpan<(string, string[], string)>)[
            ("plain", [], "1000 1000"), ("other", ["-u", "7"], "7 7"), ("root", ["--as-root"], "0 0"), ("groups", ["-u", "app", "--group-add", "5"], "1000 1000"), ("writes", ["--writable", "--as-root"], "0 0")])
        {
            person.Type(["run", "-d", "--name", name, .. flags, Name, "/bin/sleep", "1000"]).Ok();
            Assert.Equal(seen + " shared", person.Type("exec", name, "/bin/sh", "-c", "echo $(id -u) $(stat -c %u /opt/file) $(cat /opt/file)").Ok());
        }
        Assert.Equal(2, Directory.GetDirectories(Trees(person)).Length);
        Assert.Equal("7 8", person.Type("exec", "writes", "/bin/sh", "-c", "echo x >/opt/mine; chown 7:8 /opt/mine; stat -c '%u %g' /opt/mine").Ok());
        Assert.Contains("in use", person.Type("rmi", Name).Err, StringComparison.Ordinal);
    }

    [Fact]
    public void AHundredLayersAreOneRootAndUsersHaveTheirNames()
    {
        using var person = new Person(helpers: false);
        Layout layout = Base();
        for (int i = 2; i <= 100; i++)
            layout.Add(("opt/last", i.ToString(CultureInfo.InvariantCulture)), ($"opt/f{i}", ""));
        layout.Add(("etc/passwd", "root:x:0:0::/:/bin/sh\nlate:x:321:654::/opt:/bin/sh\n"));
        layout.Config["User"] = "late";
        layout.Config["Volumes"] = new JsonObject { ["/opt"] = new JsonObject() };
        Load(person, layout);
        Assert.Equal("321 654 /opt 100 100", Run(person, "echo $(id -u) $(id -g) $HOME $(cat /opt/last) $(ls /opt | wc -l)"));
        Assert.Contains("'nobody-here' is not in the root file system's /etc/passwd", person.Type("run", "--rm", "-u", "nobody-here", Name, "/bin/true").Err, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutUserNamespacesImagesComeAndRunSaysWhatIsMissing()
    {
        using var person = new Person();
        const string Limited = """
            unshare --user sh -c 'until [ "$(id -u)" = 0 ]; do sleep 0.1; done; exec sh -c "echo 0 >/proc/sys/user/max_user_namespaces && exec \"\$@\"" sh "$@"' sh "$@" &
            until echo "0 0 4294967295" >/proc/$!/gid_map && echo "0 0 4294967295" >/proc/$!/uid_map; do sleep 0.1; done 2>/dev/null
            wait $!
            """;
        Layout layout = Base().Add(("opt/file", ""));
        layout.Finish(Name);
        Outcome Type(params string[] words) => Command.Run(["sh", "-c", Limited, "sh", .. person.As([PlainUser.Programs + "/bulkhead", .. words])]);
        Type("load", "-i", layout.Folder).Ok();
        Assert.Contains(Name, Type("images", "--format", "{{.Repository}}:{{.Tag}}").Ok(), StringComparison.Ordinal);
        foreach (string user in (string[])["app", "5"])
            Assert.Contains("make a user namespace: no space left on device: none are left: raise user.max_user_namespaces", Type("run", "--rm", "-u", user, Name, "/bin/true").Exits(125), StringComparison.Ordinal);
        Type("rmi", Name).Ok();
    }
}
