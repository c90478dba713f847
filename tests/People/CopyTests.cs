using System;
using System.IO;
using Bulkhead.TestSupport;

namespace Bulkhead.People;

/// <summary>cp by docker cp's rules, on a container that runs and on one that does not; both with a volume at /data.</summary>
public sealed class CopyTests
{
    /// <summary>SOURCE is a file "f" or a directory "d" with "in"; on the target's side are a directory "there" and a file "file".</summary>
    [Theory]
    [InlineData("f", "new", "new")]
    [InlineData("f", "there", "there/f")]
    [InlineData("f", "there/", "there/f")]
    [InlineData("f", "file", "file")]
    [InlineData("d", "new", "new/in")]
    [InlineData("d", "there", "there/d/in")]
    [InlineData("d/", "there", "there/d/in")]
    [InlineData("d/.", "there", "there/in")]
    [InlineData("d/.", "new", "new/in")]
    public void WhereItGoes(string source, string target, string found)
    {
        foreach (bool running in new[] { true, false })
        {
            using var person = new Person();
            string host = Both(person, running);
            person.Type("cp", $"c1:/data/{source}", $"{host}/{target}").Ok();
            Assert.Equal("content", File.ReadAllText($"{host}/{found}"));
            person.Type("cp", $"{host}/{source}", $"c1:/data/to/{target}").Ok();
            Assert.Equal("content", Inside(person, running, $"cat /data/to/{found}"));
        }
    }

    [Theory]
    [InlineData("f", "new/", "must be there")]
    [InlineData("d", "file", "cannot copy a directory")]
    [InlineData("none", "new", "none")]
    [InlineData("f", "no/new", "no")]
    [InlineData("f/", "new", "not a directory")]
    [InlineData("pipe", "new", "is a fifo")]
    public void WhatCannotGo(string source, string target, string said)
    {
        using var person = new Person();
        string host = Both(person, running: true);
        Assert.Contains(said, person.Type("cp", $"c1:/data/{source}", $"{host}/{target}").Exits(1), StringComparison.Ordinal);
        Assert.Contains(said, person.Type("cp", $"{host}/{source}", $"c1:/data/to/{target}").Exits(1), StringComparison.Ordinal);
        Assert.False(File.Exists(host + "/new"));
    }

    [Theory]
    [InlineData("c1:/data/f", "c1:/data/g", "container to container")]
    [InlineData("/etc/passwd", "/tmp/x", "neither")]
    [InlineData("nobody:/x", "/tmp/x", "no such container: nobody")]
    [InlineData("c1:/proc/version", "/tmp/x", "the kernel's")]
    [InlineData("/etc/hostname", "c1:/sys/kernel/x", "the kernel's")]
    [InlineData("/etc/hostname", "c1:/new", "read-only")]
    [InlineData("c1:/dev/null", "/tmp/x", "a device")]
    [InlineData("c1:/data/f", "/dev/null", "is a device")]
    public void Refused(string source, string target, string said)
    {
        using var person = new Person();
        Both(person, running: true);
        Assert.Contains(said, person.Type("cp", source, target).Exits(1), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 65532, 65532, 0)]
    [InlineData("-a", 7, 8, 65532)]
    public void Owners(string flags, int uid, int gid, int back)
    {
        foreach (bool running in new[] { true, false })
        {
            using var person = new Person();
            string host = Both(person, running);
            Command.Run("chown", "7:8", host + "/d/in").Ok();
            Command.Run("chmod", "4750", host + "/d/in").Ok();
            person.Type(["cp", .. Words(flags), $"{host}/d/in", "c1:/data/owned"]).Ok();
            Assert.Equal($"{uid}:{gid} 750", Inside(person, running, "stat -c '%u:%g %a' /data/owned"));
            person.Type(["cp", .. Words(flags), "c1:/data/f", host + "/back"]).Ok();
            Assert.Equal($"{back}:{back}", Command.Run("stat", "-c", "%u:%g", host + "/back").Ok());
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ARootThatIsWritable(bool running)
    {
        using var person = new Person();
        string host = Both(person, running, "--writable");
        person.Type("cp", host + "/f", "c1:/etc/made").Ok();
        Assert.False(File.Exists(SharedRoot.Path + "/etc/made"));
        if (!running)
            person.Type("start", "c1").Ok();
        Assert.Equal("content 65532", Inside(person, true, "echo $(cat /etc/made) $(stat -c %u /etc/made)"));
        person.Type("cp", "c1:/etc/made", host + "/out").Ok();
        Assert.Equal("content", File.ReadAllText(host + "/out"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TarsGoBothWays(bool running)
    {
        using var person = new Person();
        string host = Both(person, running);
        Assert.Equal(0, Command.Run("sh", "-c", $"BULKHEAD_DATA={person.Data} {Person.Program} cp c1:/data/d - >{host}/out.tar").ExitCode);
        Assert.Equal("d/\nd/in\nd/loop", Sorted(Command.Run("tar", "tf", host + "/out.tar").Ok()));
        Command.Run("sh", "-c", $"cd {host} && ln d/in d/hard && tar cf in.tar d && BULKHEAD_DATA={person.Data} {Person.Program} cp - c1:/data/to <in.tar").Ok();
        Assert.Equal("content 2", Inside(person, running, "echo $(cat /data/to/d/in) $(stat -c %h /data/to/d/hard)"));
        Assert.Contains("no such file", person.Type("cp", "-", "c1:/data/none").Exits(1), StringComparison.Ordinal);
        Assert.Contains("no whole tar", person.Answer(new string('x', 2000), "cp", "-", "c1:/data/to").Exits(1), StringComparison.Ordinal);
    }

    /// <summary>A tar of a stranger's: nothing of it lands outside, and nothing is written through a link, also one of its own.</summary>
    [Fact]
    public void ATarThatLeadsOut()
    {
        using var person = new Person();
        string host = Both(person, running: true);
        File.WriteAllText(host + "/evil.py", """
            import sys, tarfile, io
            tar = tarfile.open(sys.argv[1], "w")
            def add(name, type=tarfile.REGTYPE, link=""):
                info = tarfile.TarInfo(name); info.type = type; info.linkname = link
                data = b"evil" if type == tarfile.REGTYPE else b""
                info.size = len(data); tar.addfile(info, io.BytesIO(data))
            for step in sys.argv[2:]:
                add(*step.split(","), **{}) if "," not in step else add(step.split(",")[0], {"s": tarfile.SYMTYPE, "c": tarfile.CHRTYPE, "h": tarfile.LNKTYPE}[step.split(",")[1]], step.split(",")[2])
            tar.close()
            """);
        Outcome Try(params string[] steps)
        {
            Command.Run(["python3", host + "/evil.py", host + "/evil.tar", .. steps]).Ok();
            return Command.Run("sh", "-c", $"BULKHEAD_DATA={person.Data} {Person.Program} cp - c1:/data/to <{host}/evil.tar");
        }
        Assert.Contains("..", Try("../up", "../../../../../../etc/bh-evil").Err, StringComparison.Ordinal);
        Assert.Contains("not copied", Try("dev,c,").Err, StringComparison.Ordinal);
        Try("way,s,..", "way/through").Exits(1);
        Try("hard,h,../f").Ok();
        Try("/absolute").Ok();
        Assert.Equal("content", Inside(person, true, "cat /data/f; ls /data/up /data/through /data/to/hard /data/to/dev 2>/dev/null; true"));
        Assert.Equal("evil", Inside(person, true, "cat /data/to/absolute"));
        Assert.False(File.Exists("/etc/bh-evil"));
    }

    /// <summary>Two would mount one layer.</summary>
    [Fact]
    public void AStoppedContainerThatAnotherCommandHoldsIsLeftAlone()
    {
        using var person = new Person();
        string host = Both(person, running: false);
        string folder = person.Data + "/containers/" + person.Inspect("c1").GetProperty("Id").GetString();
        string[] copy = ["cp", "c1:/etc/passwd", host + "/passwd"];
        Outcome held = Command.Run(["flock", folder, "env", "BULKHEAD_DATA=" + person.Data, Person.Program, .. copy]);
        Assert.Contains("by another command: try again", held.Exits(1), StringComparison.Ordinal);
        person.Type(copy).Ok();
    }

    [Fact]
    public void LinksStayInside()
    {
        using var person = new Person();
        string host = Both(person, running: true);
        Inside(person, true, "ln -s /etc/passwd /data/out; ln -s ../../../../../../etc /data/up; ln -s /proc/kmsg /data/kmsg; ln -s /proc/1/root /data/magic");
        person.Type("cp", "-L", "c1:/data/out", host + "/passwd").Ok();
        string passwd = Inside(person, true, "cat /etc/passwd") + "\n";
        Assert.NotEqual(File.ReadAllText("/etc/passwd"), passwd);
        Assert.Equal(passwd, File.ReadAllText(host + "/passwd"));
        person.Type("cp", "c1:/data/up/passwd", host + "/passwd2").Ok();
        Assert.Equal(passwd, File.ReadAllText(host + "/passwd2"));
        Assert.Contains("kernel", person.Type("cp", "-L", "c1:/data/kmsg", host + "/kmsg").Exits(1), StringComparison.Ordinal);
        person.Type("cp", "c1:/data/magic/etc/shadow", host + "/shadow").Exits(1);
        // A link is copied as one, and does not lead the next copy anywhere.
        person.Type("cp", "c1:/data/out", host + "/link2").Ok();
        Assert.Equal("/etc/passwd", Command.Run("readlink", host + "/link2").Ok());
    }

    [Fact]
    public void WhatIsNoFileIsLeftOutAndTold()
    {
        using var person = new Person();
        string host = Both(person, running: true);
        Outcome outcome = person.Type("cp", "c1:/data", host + "/all");
        outcome.Ok();
        Assert.Contains("/data/pipe is a fifo: not copied", outcome.Err, StringComparison.Ordinal);
        Assert.True(File.Exists(host + "/all/f"));
        Assert.False(File.Exists(host + "/all/pipe"));
        Assert.Empty(person.Type("cp", "-q", "c1:/data", host + "/again").Err);
        Assert.Empty(Directory.GetFiles(host, ".bulkhead-cp-*", SearchOption.AllDirectories));
    }

    /// <summary>cp and diff of a tree that is made to break them end with a line.</summary>
    [Fact]
    public void ATreeThatIsTooDeep()
    {
        using var person = new Person();
        string host = Directory.CreateDirectory(person.Data + "/host").FullName;
        person.Ended("c1", "i=0; while [ $i -lt 1100 ]; do mkdir d && cd -P d || exit 1; i=$((i+1)); done", "--writable", "--as-root", "-w", "/root");
        Assert.Contains("more than 1000 directories", person.Type("cp", "c1:/root/d", host + "/d").Exits(1), StringComparison.Ordinal);
        Assert.Contains("more than 1000 directories", person.Type("diff", "c1").Exits(1), StringComparison.Ordinal);
    }

    /// <summary>A container that swaps a directory for a link to the host's /etc, and a file for one to /etc/shadow, as fast as it can.</summary>
    [Fact]
    public void ARaceGetsNothingOut()
    {
        using var person = new Person();
        string host = person.Data + "/host";
        Directory.CreateDirectory(host);
        File.WriteAllText(person.Data + "/secret", "secret of the host");
        string secret = person.Data;
        person.Run("c1", $"cd /data; mkdir -p d other; echo own >d/secret; cp -r d e; echo own >f; touch ready; while :; do mv d x; ln -s {secret} d; rm d; mv x d; rm f; ln -s {secret}/secret f; rm f; echo own >f; done", "-v", "vol:/data");
        Poll.Until("the race is on", () => person.Type("exec", "c1", "/bin/ls", "/data/ready").ExitCode == 0);
        File.WriteAllText(host + "/secret", "from outside");
        int got = 0;
        for (int i = 0; i < 40; i++)
        {
            foreach (string source in new[] { "d", "d/secret", "f" })
            {
                Command.Run("rm", "-rf", host + "/copy").Ok();
                got += person.Type("cp", "-qL", "c1:/data/" + source, host + "/copy").ExitCode == 0 ? 1 : 0;
                Assert.DoesNotContain("secret of the host", Command.Run("sh", "-c", $"find {host}/copy -type f -exec cat {{}} + 2>/dev/null; true").Ok(), StringComparison.Ordinal);
            }
            person.Type("cp", host + "/secret", "c1:/data/d/secret");
            Assert.Equal("secret of the host", File.ReadAllText(person.Data + "/secret"));
        }
        Assert.True(got > 0, "no copy won the race: nothing was tried");
    }

    private static string Both(Person person, bool running, params string[] flags)
    {
        const string Files = "mkdir $1/d && printf content >$1/f && cp $1/f $1/d/in && ln -s nowhere $1/d/loop && ln -s f $1/link && mkfifo $1/pipe";
        string host = Directory.CreateDirectory(person.Data + "/host").FullName;
        Command.Run("sh", "-c", Files + " && mkdir $1/there && echo old >$1/file", "sh", host).Ok();
        string script = Files.Replace("$1", "/data", StringComparison.Ordinal) + "; mkdir -p /data/to/there; echo old >/data/to/file; cp /data/f /data/to/f; touch /tmp/ready; ";
        if (running)
            person.Run("c1", script + "sleep 1000", ["-v", "vol:/data", .. flags]);
        else
        {
            person.Type("run", "--rm", "--rootfs", SharedRoot.Path, "-v", "vol:/data", "/bin/sh", "-c", script).Ok();
            person.Type(["create", "--name", "c1", "--rootfs", SharedRoot.Path, "-v", "vol:/data", .. flags, "/bin/sleep", "1000"]).Ok();
        }
        if (running)
            Poll.Until("files inside", () => person.Type("exec", "c1", "/bin/ls", "/tmp/ready").ExitCode == 0);
        return host;
    }

    private static string Inside(Person person, bool running, string script) => running
        ? person.Type("exec", "c1", "/bin/sh", "-c", script).Ok()
        : person.Type("run", "--rm", "--rootfs", SharedRoot.Path, "-v", "vol:/data", "/bin/sh", "-c", script).Ok();

    private static string Sorted(string lines)
    {
        string[] all = lines.Split('\n');
        Array.Sort(all, StringComparer.Ordinal);
        return string.Join('\n', all);
    }

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
